import t from "tap";

import { CallScope } from "../../src/call/call-scope.js";
import { answerFor, type EndCause, endCauses, reasonHeaderFor } from "../../src/call/cause.js";
import type { Directory } from "../../src/call/interfaces.js";
import { CallProgress } from "../../src/call/progress.js";
import { PinEntry } from "../../src/call/read-pin.js";
import { Latch } from "../../src/util/latch.js";
import { FakeClock, settle } from "../support/fake-clock.js";

const causes = Object.keys(endCauses) as EndCause[];

await t.test("each cause has a well-formed SIP response and Reason", (t) => {
  for (const cause of causes) {
    const { status, reason, headers } = answerFor(cause);
    t.ok(status >= 400 && status <= 699, `${cause}: ${status}`);
    t.match(reason, /^[A-Z][A-Za-z ]+$/);
    for (const [name, value] of Object.entries(headers)) t.notMatch(`${name}: ${value}`, /[\r\n]/);
    t.match(reasonHeaderFor(cause), /^Q\.850;cause=\d{1,3};text="[a-z-]+"$/);
    if (endCauses[cause].result === "refused")
      t.ok("sip" in endCauses[cause], `${cause} says what it is answered with`);
  }
  t.end();
});

await t.test("a latch is set once and drops its listeners", (t) => {
  const latch = new Latch<string>();
  const heard: string[] = [];
  const listen = (name: string) => (value: string) => {
    heard.push(`${name} ${value}`);
  };
  latch.onSet(listen("a"));
  const off = latch.onSet(listen("b"));
  t.equal(latch.listenerCount, 2);
  off();
  off();
  t.equal(latch.listenerCount, 1);
  t.notOk(latch.isSet);
  latch.set("first");
  latch.set("second");
  t.strictSame(heard, ["a first"]);
  t.equal(latch.value, "first");
  t.equal(latch.listenerCount, 0);
  latch.onSet(listen("late"))();
  t.strictSame(heard, ["a first", "late first"]);
  t.equal(latch.listenerCount, 0);
  t.end();
});

await t.test("a latch allows subscribing and unsubscribing while it is being set", (t) => {
  const latch = new Latch<number>();
  const heard: string[] = [];
  let offSecond: () => void = () => undefined;
  latch.onSet(() => {
    heard.push("first");
    offSecond();
    latch.set(2);
    latch.onSet((value) => {
      heard.push(`inner ${value}`);
    });
  });
  offSecond = latch.onSet(() => {
    heard.push("second");
  });
  latch.set(1);
  t.strictSame(heard, ["first", "inner 1", "second"]);
  t.equal(latch.listenerCount, 0);
  t.end();
});

await t.test("CallScope: result, timeout, end of the call, late result and bug", async (t) => {
  const clock = new FakeClock();
  const ended = new Latch<EndCause>();
  const scope = new CallScope(clock, ended);
  const nothingLeft = (): void => {
    t.equal(clock.pending, 0);
    t.equal(ended.listenerCount, 0);
  };

  t.strictSame(await scope.within(Promise.resolve(7), 1_000), { kind: "done", value: 7 });
  nothingLeft();

  let settleLate: (value: number) => void = () => undefined;
  const late = scope.within(
    new Promise<number>((resolve) => {
      settleLate = resolve;
    }),
    1_000,
  );
  await clock.advance(999);
  t.equal(clock.pending, 1);
  await clock.advance(1);
  t.strictSame(await late, { kind: "late" });
  nothingLeft();
  settleLate(1);

  const bug = new Error("a bug");
  await t.rejects(scope.within(Promise.reject(bug), 1_000), bug);
  nothingLeft();

  let rejectLate: (error: Error) => void = () => undefined;
  const cut = scope.within(
    new Promise((_resolve, reject) => {
      rejectLate = reject;
    }),
    1_000,
  );
  ended.set("caller-hung-up");
  t.strictSame(await cut, { kind: "ended", cause: "caller-hung-up" });
  nothingLeft();
  rejectLate(bug);
  await settle();

  t.strictSame(
    await scope.within(Promise.resolve(7), 1_000),
    { kind: "ended", cause: "caller-hung-up" },
    "the end counts more than a result",
  );
  t.strictSame(await scope.within(Promise.resolve(7), 0), { kind: "ended", cause: "caller-hung-up" });
  nothingLeft();
});

await t.test("PIN entry, key by key", (t) => {
  const pins = ["12345", "123451", "00042"];
  const directory = {
    matchPrefix: (digits: string) => ({
      complete: pins.includes(digits),
      longer: pins.some((pin) => pin.startsWith(digits) && pin !== digits),
    }),
    pinLengths: { shortest: 5, longest: 5 },
  };
  const rows: readonly (readonly [keys: string, last: string, digits: string])[] = [
    ["1", "more", "1"],
    ["12345", "more", "12345"],
    ["123451", "more", "123451"],
    ["00042", "known", "00042"],
    ["12345#", "ended", "12345"],
    ["#", "nothing", ""],
    ["9#", "ended", "9"],
    ["12*", "cleared", ""],
    ["12**", "switch-language", ""],
    ["***", "cleared", ""],
    ["****", "switch-language", ""],
    ["*1*", "cleared", ""],
    ["*#*", "cleared", ""],
    ["12*00042", "known", "00042"],
    ["99999999999", "longest", "99999999999"],
    ["9999999999", "more", "9999999999"],
    ["99999", "more", "99999"],
    ["999990", "typed-on", "999990"],
    ["9999900", "more", "9999900"],
    ["9999*", "cleared", ""],
    ["99999*", "taken-back", ""],
    ["99999**", "switch-language", ""],
    ["12345*", "taken-back", ""],
    ["9999999*", "taken-back", ""],
  ];
  for (const [keys, last, digits] of rows) {
    const entry = new PinEntry(directory, { completion: "when-known" });
    let typed = "";
    for (const key of keys) typed = entry.type(key as Parameters<PinEntry["type"]>[0]);
    t.equal(typed, last, keys);
    t.equal(entry.digits, digits, keys);
  }
  t.end();
});

await t.test(
  "after a wrong PIN only `#` completes; one length completes without; clearing a PIN's length is a try",
  (t) => {
    const matchPrefix = (digits: string): ReturnType<Directory["matchPrefix"]> => ({
      complete: ["123", "12345", "123456789"].includes(digits),
      longer: false,
    });
    const type = (
      keys: string,
      pinLengths: Directory["pinLengths"],
      completion: "when-known" | "explicit" = "when-known",
    ): string => {
      const entry = new PinEntry({ matchPrefix, pinLengths }, { completion });
      return Array.from(keys, (key) => entry.type(key as Parameters<PinEntry["type"]>[0])).at(-1) ?? "";
    };
    const mixed = { shortest: 5, longest: 9 };
    t.equal(type("12345", { shortest: 5, longest: 5 }), "known");
    t.equal(type("12345", { shortest: 5, longest: 5 }, "explicit"), "more");
    t.equal(type("12345#", { shortest: 5, longest: 5 }, "explicit"), "ended");
    t.equal(type("999990", { shortest: 5, longest: 5 }, "explicit"), "more", "has shown nothing");
    t.equal(type("12345", mixed), "more", "or its completion would be a test on the way to each longer PIN");
    t.equal(type("123456789", mixed), "known");
    t.equal(type("9999999990", mixed), "typed-on");
    t.equal(type("12345", undefined), "more");
    for (const [digits, pinLengths, slip] of [
      ["1234", undefined, "cleared"],
      ["12345", undefined, "taken-back"],
      ["1234", mixed, "cleared"],
      ["12345", { shortest: 9, longest: 9 }, "taken-back"],
      ["123", { shortest: 3, longest: 9 }, "taken-back"],
      ["12", { shortest: 3, longest: 9 }, "cleared"],
    ] as const) {
      t.equal(type(`${digits}*`, pinLengths), slip, `${digits} of ${JSON.stringify(pinLengths)}`);
    }
    t.end();
  },
);

await t.test("the progress of a call", async (t) => {
  const clock = new FakeClock();
  const stages: string[] = [];
  const progress = new CallProgress(clock, (stage) => {
    stages.push(stage);
  });
  progress.begin({ origin: "regular" });
  await clock.advance(10.4);
  progress.enter("greeting");
  progress.enter("greeting");
  await clock.advance(20);
  progress.enter("asking");
  progress.note({ trunk: "a" });
  progress.note({ server: "b" });
  progress.noteSuite("trunk", undefined);
  progress.pinTyped();
  progress.lookedUp("unknown");
  progress.lookedUp("open");
  progress.joined();
  t.equal(progress.elapsed, 30.4);
  const report = progress.report("no-input");
  t.strictSame(stages, ["ringing", "greeting", "asking"]);
  t.strictSame(report, {
    cause: "no-input",
    origin: "regular",
    trunk: "a",
    calledNumberFrom: undefined,
    mediaServer: undefined,
    server: "b",
    codec: undefined,
    srtp: { trunk: "none", bbb: undefined },
    pinsTyped: 1,
    lookups: ["unknown", "open"],
    joins: 1,
    audio: undefined,
    stages: [
      { stage: "ringing", ms: 10 },
      { stage: "greeting", ms: 20 },
      { stage: "asking", ms: 0 },
    ],
    totalMs: 30,
  });
});
