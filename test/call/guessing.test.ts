import t, { type Test } from "tap";

import type { Admission } from "../../src/call/interfaces.js";
import { CallerNumber } from "../../src/caller/secret.js";
import { success } from "../../src/util/result.js";
import {
  CallHarness,
  type CallScript,
  type LivekitMemory,
  type SharedCallState,
  someAdmission,
  someSettings,
} from "../support/call-harness.js";
import { fakeConference } from "../support/fake-directory.js";

/** A call during its greeting, in which wrong PINs are typed immediately. */
async function greeted(t: Test, changes: Partial<CallScript> = {}): Promise<CallHarness> {
  const world = CallHarness.checked(t, { typing: [], ...changes });
  world.begin();
  await world.clock.advance(100);
  return world;
}

async function type(world: CallHarness, keys: string): Promise<void> {
  for (const key of keys) {
    if (world.report !== undefined) return;
    world.press(key);
    await world.clock.advance(100);
  }
}

const threeWrong = { cause: "too-many-tries", pinsTyped: 3, lookups: ["unknown", "unknown", "unknown"] };

await t.test("typed and cleared PINs count as tries: three end the call, none is looked up", async (t) => {
  for (const between of ["*", "**"]) {
    const world = await greeted(t);
    await type(world, Array.from({ length: 200 }, (_, at) => `${String(at).padStart(5, "0")}${between}`).join(""));
    const report = await world.finish();
    t.match(report, threeWrong, between);
    t.ok(report.totalMs < 10_000, `${report.totalMs} ms`);
    t.strictSame(world.pins, ["unknown", "unknown", "unknown"]);
    t.strictSame(world.directory.found, []);
    t.equal(world.endpoint.heard.at(-1), "de:pin-unknown de:too-many-tries");
  }
});

await t.test("the right PIN after a cleared one needs `#` or the key timeout", async (t) => {
  const world = await greeted(t);
  await type(world, "00000*54321");
  await world.clock.advance(3_800);
  t.strictSame(world.directory.found, [], "not at once, as that would show that 00000 is wrong before it counts");
  await type(world, "#");
  t.strictSame(world.directory.found, ["54321"]);
  await world.clock.advance(1_000);
  t.equal(world.stages.at(-1), "talking");
  world.call.hangUpByCaller();
  t.match(await world.finish(), { pinsTyped: 2, lookups: ["unknown", "open"] });

  const patient = await greeted(t);
  await type(patient, "00000*54321");
  await patient.clock.advance(4_500);
  t.equal(patient.stages.at(-1), "talking");
});

await t.test("a digit typed past digits that were not a PIN is a try", async (t) => {
  const world = await greeted(t);
  await type(world, "00000");
  t.strictSame(world.pins, []);
  await type(world, "1");
  t.strictSame(world.pins, ["unknown"], "00000 would have been complete");
  await type(world, "23");
  t.strictSame(world.pins, ["unknown"], "only once");
  await type(world, "#");
  t.strictSame(world.pins, ["unknown", "unknown"]);
  await type(world, "00001#");
  t.match(await world.finish(), threeWrong);
});

await t.test("clearing up to four digits is free, within the timeout", async (t) => {
  const world = await greeted(t);
  await type(world, "1*12*123*1234*9999*0000*54321");
  await world.clock.advance(1_000);
  t.equal(world.stages.at(-1), "talking", "and the PIN is complete without #");
  world.call.hangUpByCaller();
  t.match(await world.finish(), { pinsTyped: 1, lookups: ["open"] });
  t.strictSame(world.pins, ["open"]);
});

await t.test("with three-digit PINs, clearing three digits is a try", async (t) => {
  const world = await greeted(t, { conferences: [fakeConference("543"), fakeConference("54321")] });
  await type(world, "12*000*001*002*");
  t.match(await world.finish(), threeWrong);
});

await t.test("digits that did not complete before the hang-up count as a try", async (t) => {
  for (const { keys, unknown } of [
    { keys: "00000", unknown: 1 },
    { keys: "0000", unknown: 0 },
    { keys: "0000000", unknown: 2 },
  ]) {
    const world = await greeted(t);
    await type(world, keys);
    world.call.hangUpByCaller();
    t.match(await world.finish(), { cause: "caller-hung-up", pinsTyped: unknown }, keys);
    t.equal(world.pins.length, unknown, keys);
  }
  const known = await greeted(t, { conferences: [fakeConference("54321"), fakeConference("543217")] });
  await type(known, "54321");
  known.call.hangUpByCaller();
  await known.finish();
  t.strictSame(known.pins, [], "a correct PIN does not count");
});

await t.test("a lookup counts by its outcome even if the caller hangs up meanwhile", async (t) => {
  const world = await greeted(t, { lookUpMs: 3_000 });
  await type(world, "00000#");
  world.call.hangUpByCaller();
  t.match(await world.finish(), { cause: "caller-hung-up", pinsTyped: 1 });
  t.strictSame(world.pins, []);
  await world.clock.advance(3_000);
  t.strictSame(world.pins, ["unknown"]);
});

await t.test("waiting for a conference restores no tries", async (t) => {
  const world = await greeted(t, { conferences: [], reserved: ["888888888"] });
  let guesses = 0;
  for (; guesses < 600 && world.report === undefined; guesses++) {
    await type(world, "888888888#");
    await world.clock.advance(1_000);
    t.equal(world.stages.at(-1), "waiting");
    await type(world, `*${String(guesses).padStart(9, "0")}#`);
    // Long enough for the farewell.
    await world.clock.advance(5_000);
  }
  const report = await world.finish();
  t.equal(report.cause, "too-many-tries");
  t.strictSame(world.pins.filter((outcome) => outcome === "unknown").length, 3);
  t.strictSame(world.directory.found.filter((digits) => digits !== "888888888").length, 3);
  t.equal(guesses, 3);
});

await t.test("leaving a conference for another restores no tries", async (t) => {
  const world = await greeted(t, { talkMs: "never", stillOpen: ["open"] });
  for (let guesses = 0; guesses < 20 && world.report === undefined; guesses++) {
    await type(world, "54321#");
    await world.clock.advance(2_000);
    await type(world, "*#");
    await world.clock.advance(500);
    await type(world, `0000${guesses}#`);
    await world.clock.advance(500);
  }
  const report = await world.finish();
  t.match(report, { cause: "too-many-tries", joins: 3 });
  t.equal(world.pins.filter((outcome) => outcome === "unknown").length, 3);
});

await t.test("silences and language switches are limited per call", async (t) => {
  const silent = await greeted(t, { reserved: ["888888888"] });
  let rounds = 0;
  for (; rounds < 50 && silent.report === undefined; rounds++) {
    await type(silent, "888888888#");
    await silent.clock.advance(2_000);
    await type(silent, "*");
    // Two silences, and the PIN again.
    await silent.clock.advance(26_000);
  }
  t.equal((await silent.finish()).cause, "no-input");
  t.ok(rounds > 3 && rounds < 10, `${rounds} rounds`);

  const undecided = await greeted(t, { reserved: ["888888888"], settings: { ...someSettings, hints: false } });
  for (rounds = 0; rounds < 50 && undecided.report === undefined; rounds++) {
    await type(undecided, "**888888888#");
    await undecided.clock.advance(2_000);
    await type(undecided, "*");
  }
  await undecided.finish();
  t.equal(rounds, 7);
});

/** Consecutive calls from the same or other numbers, with common counters of wrong PINs. */
class Caller {
  readonly shared = sharedWorld();
  readonly #test: Test;

  constructor(t: Test) {
    this.#test = t;
  }

  async call(keys: string, changes: Partial<CallScript> = {}): Promise<CallHarness> {
    const world = CallHarness.checked(this.#test, { typing: [], ...changes }, this.shared);
    world.begin();
    await world.clock.advance(100);
    if (world.report === undefined) await type(world, keys);
    return world;
  }

  /** Adds wrong PINs from this many other numbers. */
  async others(count: number): Promise<void> {
    for (let other = 0; other < count; other++) {
      const { call } = await this.call("00000#", {
        admission: success(admissionFrom(`+49160${String(other).padStart(7, "0")}`)),
      });
      call.hangUpByCaller();
    }
    await this.shared.clock.advance(1_000);
  }
}

function admissionFrom(digits: string): Admission {
  const number = CallerNumber.parse(digits);
  if (!number.ok) throw new Error("no number");
  return someAdmission({ caller: { kind: "number", number: number.value } });
}

await t.test("forty calls from one number: throttled, then refused; another number is not", async (t) => {
  const guesser = new Caller(t);
  const causes: string[] = [];
  let unknown = 0;
  for (let at = 0; at < 40; at++) {
    const world = await guesser.call("00000#00001#00002#");
    causes.push((await world.finish()).cause);
    unknown += world.pins.filter((outcome) => outcome === "unknown").length;
    if (causes.at(-1) === "too-many-wrong-pins") {
      t.equal(world.opens, 0, "no media is spent");
      t.match(world.call.refusals, [{ status: 603, headers: { "Retry-After": "600" } }]);
    }
  }
  t.equal(unknown, 20);
  // Three calls with three tries, one that is throttled at its second try, nine with one try.
  t.strictSame(
    causes.slice(0, 13),
    Array.from({ length: 13 }, () => "too-many-tries"),
  );
  t.strictSame(new Set(causes.slice(13)), new Set(["too-many-wrong-pins"]));

  const other = await guesser.call("54321", { admission: success(admissionFrom("+4915112345679")) });
  await other.clock.advance(1_000);
  t.equal(other.stages.at(-1), "talking", "at once, and without #");
  other.call.hangUpByCaller();
  await other.finish();
  await guesser.shared.clock.advance(3_600_000);
  const later = await guesser.call("54321");
  await later.clock.advance(1_000);
  t.equal(later.stages.at(-1), "talking", "an hour later");
});

await t.test(
  "while all are throttled, a right PIN takes as long as a wrong one, needs `#` and is accepted",
  async (t) => {
    const many = new Caller(t);
    await many.others(3_000);
    const wrong = await many.call("00000#");
    const from = wrong.clock.now();
    await wrong.clock.advance(29_000);
    t.equal(wrong.endpoint.heard.at(-1), "de:please-wait music:hold");
    await wrong.clock.advance(2_000);
    t.equal(wrong.endpoint.heard.at(-1), "de:pin-unknown de:too-many-tries", "one try");
    t.equal((await wrong.finish()).cause, "too-many-tries");
    t.ok(wrong.clock.now() - from >= 30_000);

    const right = await many.call("54321");
    await right.clock.advance(3_000);
    t.strictSame(right.directory.found, [], "not complete: that would be an answer");
    await type(right, "#");
    await right.clock.advance(29_000);
    t.equal(right.stages.at(-1), "looking-up");
    await right.clock.advance(1_500);
    t.equal(right.stages.at(-1), "talking");
    right.call.hangUpByCaller();
    t.match(await right.finish(), { pinsTyped: 1, lookups: ["open"] });
  },
);

await t.test("a hang-up before the delayed response counts as a try", async (t) => {
  const guesser = new Caller(t);
  let answered = 0;
  for (let at = 0; at < 40; at++) {
    const world = await guesser.call("00000#");
    if (world.report === undefined) {
      answered += 1;
      world.call.hangUpByCaller();
    }
    await world.finish();
  }
  t.equal(answered, 20);
});

await t.test("a waiting caller is not asked for another PIN once the number is over its limit", async (t) => {
  const caller = new Caller(t);
  const world = await caller.call("00000#888888888#", { reserved: ["888888888"], conferences: [] });
  await world.clock.advance(500);
  t.equal(world.stages.at(-1), "waiting");
  const others = caller.shared.throttle.callerOf({
    trunk: "easybell",
    caller: caller.shared.hasher.hash(someAdmission().caller, someSettings),
  });
  for (let at = 0; at < 9; at++) await others.count();
  await type(world, "*");
  t.equal((await world.finish()).cause, "too-many-tries");
  t.equal(world.endpoint.heard.at(-1), "de:too-many-tries");
});

function sharedWorld(): Required<Omit<SharedCallState, keyof LivekitMemory>> {
  const { clock, hasher, throttle } = new CallHarness();
  return { clock, hasher, throttle };
}
