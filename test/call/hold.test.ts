import t, { type Test } from "tap";

import { CallerTime, Hold } from "../../src/call/hold.js";
import { CallHarness, someSettings } from "../support/call-harness.js";
import { FakeClock } from "../support/fake-clock.js";
import { fakeConference } from "../support/fake-directory.js";

const greeting = "de:welcome de:enter-pin en:language-switch";
const minute = 60_000;
const holdTimeoutMs = 10 * minute;

/** An answered call at the PIN prompt, before any key. */
async function asked(
  t: Test,
  changes: ConstructorParameters<typeof CallHarness>[0] = {},
  ms = 1_000,
): Promise<CallHarness> {
  const world = CallHarness.checked(t, { typing: [], ...changes });
  world.begin();
  await world.clock.advance(ms);
  return world;
}

await t.test("a hold during the greeting: no playback, timeouts stand still, and the greeting restarts", async (t) => {
  const world = await asked(t, { typing: ["", "54321"] });
  world.endpoint.hold.set(true);
  await world.clock.advance(9 * minute);
  t.strictSame(
    world.endpoint.plays.map(({ text, outcome }) => [text, outcome]),
    [[greeting, "stopped"]],
  );
  t.equal(world.report, undefined, "the call continues");
  world.endpoint.hold.set(false);
  await world.clock.advance(8_000);
  t.strictSame(world.endpoint.heard, [greeting, greeting]);
  t.equal(world.stages.at(-1), "talking", "and the PIN that is typed then counts");
  t.match(await world.finish(), { cause: "conference-ended", pinsTyped: 1 });
});

await t.test("a hold after the greeting: the request is repeated on resume", async (t) => {
  const world = await asked(t, {}, 10_000);
  world.endpoint.hold.set(true);
  await world.clock.advance(5 * minute);
  world.endpoint.hold.set(false);
  await world.clock.advance(1_000);
  t.strictSame(world.endpoint.heard, [greeting, greeting]);
  world.call.hangUpByCaller();
  await world.finish();
});

await t.test("a hold in the middle of a PIN: digits are kept, the key timeout restarts", async (t) => {
  const world = await asked(t);
  world.press("54");
  await world.clock.advance(3_500);
  world.endpoint.hold.set(true);
  await world.clock.advance(5 * minute);
  world.endpoint.hold.set(false);
  await world.clock.advance(3_500);
  world.press("321");
  await world.clock.advance(1_000);
  t.equal(world.stages.at(-1), "talking");
  t.strictSame(world.endpoint.heard, [greeting], "nothing is said in between");
  world.call.hangUpByCaller();
  t.match(await world.finish(), { pinsTyped: 1 });
});

await t.test("an INVITE on hold: the greeting waits for the resume", async (t) => {
  const world = await asked(t, { holdsAtMs: [0, 3 * minute], typing: ["54321"] }, minute);
  t.strictSame(world.endpoint.heard, []);
  t.match(await world.finish(), { cause: "conference-ended", joins: 1 });
  t.equal(world.endpoint.heard[0], greeting);
});

await t.test("holds are limited per call", async (t) => {
  const settings = { ...someSettings, holdTimeoutMs };
  const world = await asked(t, { settings });
  for (const ms of [6 * minute, holdTimeoutMs * 10]) {
    world.endpoint.hold.set(true);
    await world.clock.advance(ms);
    world.endpoint.hold.set(false);
    if (world.report === undefined) await world.clock.advance(1_000);
  }
  const report = await world.finish();
  t.match(report, { cause: /^(no-input|dialogue-too-long)$/ });
  t.ok(
    report.totalMs > holdTimeoutMs && report.totalMs < holdTimeoutMs + settings.pin.dialogueTimeoutMs + minute,
    `${report.totalMs} ms`,
  );
});

await t.test("the conference starts while a waiting caller is on hold: joined", async (t) => {
  const conference = fakeConference("54321");
  const world = await asked(
    t,
    { typing: ["54321"], lookups: [{ kind: "not-started" }, { kind: "open", conference }] },
    10_000,
  );
  t.equal(world.stages.at(-1), "waiting");
  world.endpoint.hold.set(true);
  await world.clock.advance(5 * minute);
  t.equal(world.endpoint.plays.at(-1)?.outcome, "stopped", "no music into the hold");
  world.directory.open("54321");
  await world.clock.advance(1_000);
  t.equal(world.stages.at(-1), "talking");
  world.call.hangUpByCaller();
  await world.finish();
});

await t.test("a caller on hold is asked for a PIN after the conference, on resume", async (t) => {
  const world = await asked(
    t,
    { typing: ["54321"], holdsAtMs: [20_000, 20_000 + 8 * minute], talkMs: minute },
    7 * minute,
  );
  t.equal(world.stages.at(-1), "asking");
  t.equal(world.report, undefined);
  await world.clock.advance(2 * minute);
  t.equal(world.endpoint.heard.at(-2) ?? world.endpoint.heard.at(-1), "de:conference-ended de:enter-pin");
  t.match(await world.finish(), { cause: "conference-ended" });
});

await t.test("prompts before a conference are skipped on hold", async (t) => {
  const world = await asked(
    t,
    { typing: ["54321"], settings: { ...someSettings, hints: true }, holdsAtMs: [2_500] },
    10_000,
  );
  t.equal(world.stages.at(-1), "talking");
  world.call.hangUpByCaller();
  await world.finish();
});

await t.test("the clock of the caller's timeouts", async (t) => {
  const clock = new FakeClock();
  const hold = new Hold();
  const time = new CallerTime(clock, hold, 10_000);
  const rung: string[] = [];
  time.after(1_000, () => rung.push("first"));
  const cancel = time.after(1_000, () => rung.push("cancelled"));
  await clock.advance(900);
  hold.set(true);
  cancel();
  await clock.advance(6_000);
  t.equal(time.now(), 900);
  t.strictSame(rung, []);
  hold.set(false);
  await clock.advance(100);
  t.strictSame(rung, ["first"], "the rest of the time after the hold");
  hold.set(true);
  time.after(500, () => rung.push("second"));
  await clock.advance(4_400);
  t.strictSame(rung, ["first"]);
  await clock.advance(100);
  t.strictSame(rung, ["first", "second"], "the limit of all holds together, and then the time");
  t.equal(clock.pending, 0);
  time.close();
  t.equal(hold.listenerCount, 0);
});
