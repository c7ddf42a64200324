import t, { type Test } from "tap";

import { runCall } from "../../src/call/call.js";
import { CallHarness, someSettings } from "../support/call-harness.js";
import { fakeConference } from "../support/fake-directory.js";

const greeting = "de:welcome de:enter-pin en:language-switch";
const notStarted = { kind: "not-started" } as const;
const open = { kind: "open", conference: fakeConference("54321") } as const;
const limitMs = 600_000;
const settings = { ...someSettings, waiting: { limitMs, remindEveryMs: 45_000 } };

/** A call that waits for a conference, with the given sequence of lookup results. */
async function waiting(t: Test, changes: ConstructorParameters<typeof CallHarness>[0] = {}): Promise<CallHarness> {
  const world = CallHarness.checked(t, { settings, lookups: [notStarted, open], ...changes });
  world.begin();
  await world.clock.advance(10_000);
  t.equal(world.stages.at(-1), "waiting");
  return world;
}

await t.test("the caller hears an explanation and music, and joins as soon as the conference starts", async (t) => {
  const world = await waiting(t);
  t.strictSame(world.endpoint.heard, [greeting, "de:not-started music:hold"]);
  t.equal(world.directory.waiters.size, 1);
  const before = world.clock.now();
  world.directory.open("54321");
  await world.clock.advance(400);
  t.equal(world.stages.at(-1), "talking");
  t.equal(world.endpoint.plays.at(-1)?.outcome, "stopped", "the music");
  const report = await world.finish();
  t.match(report, { cause: "conference-ended", pinsTyped: 1, lookups: ["not-started", "open"] });
  t.strictSame(world.stages.slice(3, 7), ["looking-up", "waiting", "joining", "talking"]);
  const waited = report.stages.find(({ stage }) => stage === "waiting")?.ms ?? 0;
  t.ok(waited > 5_000 && waited < before, `${waited} ms`);
});

await t.test("spoken reminders", async (t) => {
  const world = await waiting(t);
  await world.clock.advance(130_000);
  t.strictSame(
    world.endpoint.heard.slice(1),
    ["de:not-started music:hold", ...Array.from({ length: 3 }, () => "de:waiting music:hold")].slice(0, 4),
  );
  world.call.hangUpByCaller();
  t.equal((await world.finish()).cause, "caller-hung-up");
});

await t.test("the wait has a limit and a goodbye", async (t) => {
  const world = await waiting(t);
  const report = await world.finish();
  t.equal(report.cause, "conference-not-started");
  t.equal(world.endpoint.heard.at(-1), "de:not-started-call-again de:goodbye");
  t.equal(report.stages.find(({ stage }) => stage === "waiting")?.ms, limitMs + 4_000, "with the goodbye");
  t.strictSame(world.call.hangUps, ['Q.850;cause=16;text="conference-not-started"']);
});

await t.test("the maximum duration limits the wait", async (t) => {
  const world = await waiting(t, { settings: { ...settings, maxDurationMs: 60_000 } });
  const report = await world.finish();
  t.equal(report.cause, "conference-not-started");
  t.ok(report.totalMs < 66_000, `${report.totalMs} ms`);
});

await t.test("`*` returns to the PIN prompt, other keys are ignored", async (t) => {
  const world = await waiting(t, {
    typing: ["54321", "777"],
    conferences: [fakeConference("54321"), fakeConference("777")],
    lookups: [notStarted],
  });
  world.press("123456#");
  await world.clock.advance(1_000);
  t.equal(world.stages.at(-1), "waiting");
  world.press("*");
  const report = await world.finish();
  t.match(report, { cause: "conference-ended", pinsTyped: 2 });
  t.strictSame(world.directory.found, ["54321", "777"]);
  t.strictSame(world.endpoint.heard.slice(1, 3), ["de:not-started music:hold", "de:enter-pin"]);
});

await t.test("a false event and an outage: the wait continues", async (t) => {
  const world = await waiting(t, {
    lookups: [notStarted, notStarted, { kind: "unavailable" }, { kind: "unavailable" }, open],
  });
  world.directory.open("54321");
  await world.clock.advance(1_000);
  t.equal(world.stages.at(-1), "waiting");
  world.directory.open("54321");
  await world.clock.advance(1_000);
  t.equal(world.stages.at(-1), "waiting", "an outage");
  t.strictSame(world.directory.found.length, 3);
  // After a failure the call also looks up at reminders.
  const report = await world.finish();
  t.match(report, {
    cause: "conference-ended",
    lookups: ["not-started", "not-started", "unavailable", "unavailable", "open"],
  });
});

await t.test("a lookup that never resolves does not end the wait", async (t) => {
  const world = await waiting(t);
  Object.assign(world.directory, { lookUp: async () => await new Promise(() => undefined) });
  world.directory.open("54321");
  const report = await world.finish();
  t.equal(report.cause, "conference-not-started");
});

await t.test("a started conference that can't be joined: the wait continues until it can", async (t) => {
  const refused = { ok: false, failure: "conference-refused" } as const;
  const world = await waiting(t, {
    bridgeOutcomes: [refused, refused, { ok: true, value: { codec: "PCMA", suite: undefined } }],
  });
  world.directory.open("54321");
  await world.clock.advance(5_000);
  t.equal(world.stages.at(-1), "waiting");
  t.equal(world.endpoint.targets.length, 2);
  t.equal(world.endpoint.heard.at(-1), "de:waiting music:hold");
  const report = await world.finish();
  t.match(report, { cause: "conference-ended", joins: 1 });
  t.equal(world.endpoint.targets.length, 3, "tried again with the next spoken line");
});

await t.test("a conference that can never be joined: the limit ends the wait", async (t) => {
  const world = await waiting(t, { bridgeOutcomes: [{ ok: false, failure: "conference-unreachable" }] });
  world.directory.open("54321");
  const report = await world.finish();
  t.equal(report.cause, "conference-not-started");
  t.ok(report.totalMs < limitMs + 40_000, `${report.totalMs} ms`);
});

await t.test("the room is released meanwhile, or runs without telephone audio", async (t) => {
  const unknown = await waiting(t, { lookups: [notStarted, { kind: "unknown" }] });
  unknown.directory.open("54321");
  await unknown.clock.advance(1_000);
  t.equal(unknown.endpoint.heard.at(-1), "de:pin-unknown de:enter-pin");
  t.equal((await unknown.finish()).cause, "no-input");

  const away = CallHarness.checked(t, {
    settings,
    lookups: [notStarted],
    conferences: [{ ...fakeConference("54321"), audio: { told: "livekit", usual: undefined, livekitNode: undefined } }],
    bridgeOutcomes: [{ ok: false, failure: "no-livekit-way" }],
  });
  away.begin();
  await away.clock.advance(20_000);
  away.directory.open("54321");
  t.equal((await away.finish()).cause, "no-telephone-audio");
  t.equal(away.endpoint.heard.at(-1), "de:no-telephone-audio de:goodbye");
});

await t.test("switched off: told to call again, which counts as a try", async (t) => {
  const off = { ...someSettings, waiting: { limitMs: 0, remindEveryMs: 45_000 } };
  const world = CallHarness.checked(t, {
    settings: off,
    lookups: [notStarted, notStarted, notStarted],
    typing: ["54321", "54321", "54321"],
  });
  const report = await world.run();
  t.equal(report.cause, "conference-not-started");
  t.strictSame(world.endpoint.heard.slice(1), [
    "de:not-started-call-again de:enter-pin",
    "de:not-started-call-again de:enter-pin",
    "de:not-started-call-again de:goodbye",
  ]);
  t.notOk(world.stages.includes("waiting"));
});

await t.test("failed music is not retried without a pause", async (t) => {
  const world = await waiting(t);
  world.endpoint.play = (sounds) => {
    world.endpoint.plays.push({ sounds, text: "broken", outcome: "failed" });
    return { finished: Promise.resolve("failed"), stop: () => undefined };
  };
  await world.finish();
  const tried = world.endpoint.plays.filter(({ text }) => text === "broken").length;
  t.ok(tried > 5 && tried < limitMs / 45_000 + 3, `${tried} times in ten minutes`);
});

await t.test("a hundred waiting callers join the conference in turn, the first immediately", async (t) => {
  const first = CallHarness.checked(t, { settings, lookups: [] });
  const entered: number[] = [];
  const worlds = [first, ...Array.from({ length: 99 }, () => CallHarness.checked(t, { settings }))];
  const shared = { clock: first.clock, joinPacer: first.joinPacer };
  const opened = new Set<() => void>();
  let isOpen = false;
  const reports = worlds.map(async (world) => {
    const services = world.services();
    const directory = Object.assign(world.directory, {
      lookUp: async () => await Promise.resolve(isOpen ? open : notStarted),
      onOpened: (_pin: unknown, listener: () => void) => {
        opened.add(listener);
        return () => opened.delete(listener);
      },
    });
    return await runCall(
      world.call,
      {
        ...services,
        joinPacer: shared.joinPacer,
        directory,
        onStage: (stage) => {
          if (stage === "joining") entered.push(shared.clock.now());
        },
      },
      settings,
    );
  });
  // Each world's engines have a clock of their own; all of them move together.
  const advance = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 25) for (const world of worlds) await world.clock.advance(25);
  };
  await advance(8_000);
  t.equal(opened.size, worlds.length, "all wait");
  isOpen = true;
  const openedAt = shared.clock.now();
  for (const listener of [...opened]) listener();
  await advance(4_000);
  t.equal(entered.length, worlds.length);
  const delays = entered.map((at) => at - openedAt);
  t.ok((delays[0] ?? Infinity) <= 25, `the first after ${delays[0] ?? "never"} ms`);
  t.ok(Math.max(...delays) < 3_700, `the last after ${Math.max(...delays)} ms`);
  const inOneStep = Math.max(...delays.map((delay) => delays.filter((other) => other === delay).length));
  t.ok(inOneStep <= 2, `at most ${inOneStep} at a time`);
  t.equal(opened.size, 0);
  for (const world of worlds) world.call.hangUpByCaller();
  await advance(500);
  t.strictSame(new Set((await Promise.all(reports)).map(({ cause }) => cause)), new Set(["caller-hung-up"]));
  for (const world of worlds) t.equal(world.callClock.pending, 0);
});

await t.test("the limit covers all waits of the call: `*` and the same PIN do not reset it", async (t) => {
  const tries = { ...settings.pin, tries: 10 };
  const world = CallHarness.checked(t, {
    settings: { ...settings, pin: tries },
    lookups: Array.from({ length: 10 }, () => notStarted),
    typing: Array.from({ length: 10 }, () => "54321"),
  });
  world.begin();
  await world.clock.advance(10_000);
  for (let again = 0; again < 8 && world.report === undefined; again++) {
    await world.clock.advance(200_000);
    if (world.stages.at(-1) === "waiting") world.press("*");
    await world.clock.advance(10_000);
  }
  const report = await world.finish();
  t.equal(report.cause, "conference-not-started");
  const waited = report.stages.filter(({ stage }) => stage === "waiting").map(({ ms }) => ms);
  t.ok(waited.length >= 3, `${waited.length} waits`);
  const sum = waited.reduce((all, ms) => all + ms, 0);
  t.ok(sum >= limitMs && sum <= limitMs + 10_000, `${sum} ms in all, with the goodbye`);
});

await t.test(
  "at the limit of waiting callers, a caller is asked to call again; slots of waiting callers are released",
  async (t) => {
    const world = CallHarness.checked(t, { settings, lookups: [notStarted], waitingPlace: "waiting-full" });
    const report = await world.run();
    t.equal(report.cause, "waiting-full");
    t.equal(world.endpoint.heard.at(-1), "de:not-started-call-again de:goodbye");
    t.strictSame(world.call.hangUps, ['Q.850;cause=16;text="waiting-full"']);

    const there = await waiting(t);
    t.equal(there.waitingPlaces, 1);
    there.directory.open("54321");
    await there.clock.advance(1_000);
    t.equal(there.stages.at(-1), "talking");
    t.equal(there.waitingPlaces, 0, "a caller in the conference does not wait");
    await there.finish();
  },
);
