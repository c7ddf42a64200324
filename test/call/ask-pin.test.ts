import t, { type Test } from "tap";

import type { CallSettings } from "../../src/call/settings.js";
import { CallHarness, someSettings } from "../support/call-harness.js";
import { fakeConference, fakePin } from "../support/fake-directory.js";

const greeting = "de:welcome de:enter-pin en:language-switch";

function withPin(changes: Partial<CallSettings["pin"]>): CallSettings {
  return { ...someSettings, pin: { ...someSettings.pin, ...changes } };
}

/** An answered call during its greeting. */
async function greeted(t: Test, changes: ConstructorParameters<typeof CallHarness>[0] = {}): Promise<CallHarness> {
  const world = CallHarness.checked(t, { typing: [], ...changes });
  world.begin();
  await world.clock.advance(100);
  return world;
}

await t.test("`#` ends a PIN, `*` starts over", async (t) => {
  const world = CallHarness.checked(t, {
    typing: ["999*54321#"],
    conferences: [fakeConference("54321"), fakeConference("5432177")],
  });
  const report = await world.run();
  t.equal(report.cause, "conference-ended");
  t.strictSame(world.directory.found, ["54321"]);
  t.strictSame(world.endpoint.heard.slice(0, 2), [greeting, "de:pin-restart"]);
  t.equal(report.pinsTyped, 1);
});

await t.test("leading zeros are part of the PIN", async (t) => {
  const world = CallHarness.checked(t, { typing: ["00042"], conferences: [fakeConference("00042")] });
  t.equal((await world.run()).cause, "conference-ended");
  t.strictSame(world.directory.found, ["00042"]);
});

await t.test("a PIN completes immediately if no longer one is possible", async (t) => {
  const world = await greeted(t);
  world.press("5432");
  await world.clock.advance(100);
  t.strictSame(world.directory.found, []);
  world.press("1");
  await world.clock.advance(1);
  t.strictSame(world.directory.found, ["54321"]);
  world.call.hangUpByCaller();
  await world.finish();
});

await t.test("a PIN that is a prefix of a breakout room's waits for `#` or the key timeout", async (t) => {
  const conferences = [fakeConference("54321"), { ...fakeConference("543211"), mainRoom: fakePin("54321") }];
  const world = await greeted(t, { conferences });
  world.press("54321");
  await world.clock.advance(3_999);
  t.strictSame(world.directory.found, []);
  await world.clock.advance(1);
  t.strictSame(world.directory.found, ["54321"]);
  world.call.hangUpByCaller();
  await world.finish();

  const breakout = await greeted(t, { conferences });
  breakout.press("543211");
  await breakout.clock.advance(10);
  t.strictSame(breakout.directory.found, ["543211"]);
  breakout.call.hangUpByCaller();
  await breakout.finish();
});

await t.test("eleven digits complete, and later keys are kept", async (t) => {
  const world = await greeted(t);
  world.press("123456789012");
  await world.clock.advance(50);
  t.strictSame(world.directory.found, ["12345678901"]);
  t.equal(world.endpoint.dtmf.take(), undefined, "the twelfth digit begins the next PIN");
  await world.clock.advance(4_000);
  t.strictSame(world.directory.found, ["12345678901", "2"]);
  world.call.hangUpByCaller();
  await world.finish();
});

await t.test("each key restarts the key timeout", async (t) => {
  const world = await greeted(t);
  for (const key of "1234") {
    world.press(key);
    await world.clock.advance(3_900);
  }
  t.strictSame(world.directory.found, []);
  await world.clock.advance(100);
  t.strictSame(world.directory.found, ["1234"]);
  world.call.hangUpByCaller();
  await world.finish();
});

await t.test("the first key stops the prompt, and the key timeout starts after its end", async (t) => {
  const world = await greeted(t, { promptMs: 15_000 });
  await world.clock.advance(40_000);
  t.equal(world.endpoint.plays[0]?.outcome, undefined, "a long prompt does not count as silence");
  world.press("5");
  await world.clock.advance(20);
  t.equal(world.endpoint.plays[0]?.outcome, "stopped");
  world.press("4321");
  await world.clock.advance(20);
  t.strictSame(world.directory.found, ["54321"]);
  world.call.hangUpByCaller();
  await world.finish();
});

await t.test("a `#` alone is not a PIN and does not stop the prompt", async (t) => {
  const world = await greeted(t);
  world.press("#");
  await world.clock.advance(100);
  t.equal(world.endpoint.plays[0]?.outcome, undefined);
  t.strictSame(world.directory.found, []);
  world.press("54321");
  await world.clock.advance(100);
  t.strictSame(world.directory.found, ["54321"]);
  world.call.hangUpByCaller();
  await world.finish();
});

await t.test("keys that were pressed before the greeting count", async (t) => {
  const world = CallHarness.checked(t, { typing: [], acceptMs: 200 });
  world.begin();
  await world.clock.advance(100);
  world.press("54321");
  await world.clock.advance(200);
  t.strictSame(world.directory.found, ["54321"]);
  await world.finish();
});

await t.test("three wrong PINs", async (t) => {
  const world = CallHarness.checked(t, { typing: ["1#", "22#", "333#", "54321"] });
  const report = await world.run();
  t.equal(report.cause, "too-many-tries");
  t.equal(report.pinsTyped, 3);
  t.strictSame(world.directory.found, ["1", "22", "333"]);
  t.strictSame(world.endpoint.heard, [
    greeting,
    "de:pin-unknown de:enter-pin",
    "de:pin-unknown de:enter-pin",
    "de:pin-unknown de:too-many-tries",
  ]);
  t.equal(world.endpoint.plays.at(-1)?.outcome, "played");
  t.strictSame(world.call.hangUps, ['Q.850;cause=16;text="too-many-tries"']);
  t.strictSame(world.stages, [
    "ringing",
    "greeting",
    "asking",
    "looking-up",
    "asking",
    "looking-up",
    "asking",
    "looking-up",
    "asking",
    "ending",
  ]);
});

await t.test("two wrong PINs and the right one", async (t) => {
  const world = CallHarness.checked(t, { typing: ["1#", "22#", "54321"] });
  const report = await world.run();
  t.equal(report.cause, "conference-ended");
  t.equal(report.pinsTyped, 3);
});

await t.test("silence three times", async (t) => {
  const world = CallHarness.checked(t, { typing: [] });
  const report = await world.run();
  t.equal(report.cause, "no-input");
  t.equal(report.pinsTyped, 0);
  t.strictSame(world.directory.found, []);
  t.strictSame(world.endpoint.heard, [
    greeting,
    "de:pin-silence de:enter-pin",
    "de:pin-silence de:enter-pin",
    "de:no-input-goodbye",
  ]);
  // A greeting of three lines and two requests of two lines, 2 s each, and 8 s after each of them; then the farewell.
  t.equal(report.stages.find(({ stage }) => stage === "greeting")?.ms, 6_000 + 2 * 4_000 + 3 * 8_000 + 2_000);
});

await t.test("the whole dialogue has a timeout", async (t) => {
  const world = await greeted(t, { settings: withPin({ dialogueTimeoutMs: 30_000 }) });
  for (let seconds = 0; seconds < 40 && world.report === undefined; seconds += 2) {
    world.press("7*");
    await world.clock.advance(2_000);
  }
  const report = await world.finish();
  t.equal(report.cause, "dialogue-too-long");
  t.equal(world.endpoint.heard.at(-1), "de:no-input-goodbye");
  t.ok(report.totalMs < 36_000, `${report.totalMs} ms`);
});

await t.test("the dialogue times out in the middle of a PIN, too", async (t) => {
  const world = await greeted(t, { settings: withPin({ dialogueTimeoutMs: 3_000, nextKeyTimeoutMs: 60_000 }) });
  world.press("12");
  const report = await world.finish();
  t.equal(report.cause, "dialogue-too-long");
  t.strictSame(world.directory.found, []);
});

await t.test("a slow lookup is explained, then music plays", async (t) => {
  const world = CallHarness.checked(t, { lookUpMs: 3_000 });
  const report = await world.run();
  t.equal(report.cause, "conference-ended");
  t.strictSame(world.endpoint.heard.slice(1), [
    "de:please-wait music:hold",
    "de:conference-ended de:enter-pin",
    "de:goodbye",
  ]);
  t.equal(world.endpoint.plays[1]?.outcome, "stopped");
  t.equal(report.stages.find(({ stage }) => stage === "looking-up")?.ms, 3_000);
});

await t.test("a fast lookup is not explained", async (t) => {
  const world = CallHarness.checked(t, { lookUpMs: 700 });
  await world.run();
  t.notOk(world.endpoint.heard.some((text) => text.includes("please-wait")));
});

await t.test("an outage of the directory is announced and not counted as a wrong PIN", async (t) => {
  const unavailable = { kind: "unavailable" } as const;
  const out = CallHarness.checked(t, {
    typing: ["54321", "54321", "54321"],
    lookups: [unavailable, unavailable, unavailable],
  });
  const report = await out.run();
  t.equal(report.cause, "directory-unavailable");
  t.strictSame(out.endpoint.heard.slice(1), [
    "de:service-unavailable de:enter-pin",
    "de:service-unavailable de:enter-pin",
    "de:service-unavailable de:goodbye",
  ]);
  t.notOk(out.endpoint.heard.some((text) => text.includes("pin-unknown")));
  t.strictSame(out.call.hangUps, ['Q.850;cause=41;text="directory-unavailable"']);

  const back = CallHarness.checked(t, { typing: ["54321", "54321"], lookups: [unavailable] });
  t.equal((await back.run()).cause, "conference-ended");
});

await t.test("a directory that never answers counts as unavailable after the timeout", async (t) => {
  const world = CallHarness.checked(t, { typing: ["54321", "54321", "54321"], lookUpMs: "never" });
  const report = await world.run();
  t.equal(report.cause, "directory-unavailable");
  t.strictSame(
    report.stages.filter(({ stage }) => stage === "looking-up").map(({ ms }) => ms),
    [5_000, 5_000, 5_000],
  );
});

await t.test("a prompt that can't be played leaves the caller the full key timeout", async (t) => {
  const world = CallHarness.checked(t, { promptMs: 0, typing: [] });
  world.begin();
  await world.clock.advance(6_000);
  world.press("54321");
  t.equal((await world.finish()).cause, "conference-ended");
});
