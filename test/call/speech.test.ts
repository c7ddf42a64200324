import t from "tap";

import { CallHarness, someSettings } from "../support/call-harness.js";
import { fakeConference, fakePin } from "../support/fake-directory.js";

const greeting = "de:welcome de:enter-pin en:language-switch";
const hints = "de:mute-hint de:leave-hint de:key-star de:key-pound";
const settings = { ...someSettings, hints: true };
const main = fakeConference("54321");
const breakout = { ...fakeConference("543211"), mainRoom: fakePin("54321") };

await t.test("hints play before the first conference of a call, completely, and only once", async (t) => {
  const world = CallHarness.checked(t, {
    settings,
    talkMs: 5_000,
    typing: ["543211", "777"],
    conferences: [main, breakout, fakeConference("777")],
  });
  const report = await world.run();
  t.match(report, { cause: "conference-ended", joins: 3 });
  t.strictSame(world.endpoint.heard, [
    greeting,
    hints,
    "de:main-room",
    "de:conference-ended de:enter-pin",
    "de:conference-ended de:goodbye",
  ]);
  t.equal(world.endpoint.plays[1]?.outcome, "played");
  t.strictSame(world.stages.slice(3, 6), ["looking-up", "informing", "joining"]);
  t.equal(report.stages.find(({ stage }) => stage === "informing")?.ms, 8_000);
});

await t.test("any key skips the hints and is consumed; the `#` of the PIN does not skip them", async (t) => {
  for (const typing of ["54321", "54321#"]) {
    const world = CallHarness.checked(t, { settings, typing: [typing], talkMs: "never" });
    world.begin();
    await world.clock.advance(5_000);
    t.equal(world.stages.at(-1), "informing", `not skipped after ${typing}`);
    world.press("0");
    await world.clock.advance(500);
    t.equal(world.stages.at(-1), "talking");
    t.equal(world.endpoint.plays[1]?.outcome, "stopped");
    t.equal(world.endpoint.sent, "");
    world.call.hangUpByCaller();
    await world.finish();
  }
});

await t.test("the configured leave key is announced; off: none", async (t) => {
  for (const [leaveKey, said] of [
    ["5", "de:leave-hint de:key-star de:key-5"],
    [undefined, ""],
  ] as const) {
    const world = CallHarness.checked(t, { settings: { ...settings, leaveKey } });
    await world.run();
    t.equal(world.endpoint.heard[1], `de:mute-hint ${said}`.trimEnd());
  }
});

await t.test("a waiting caller hears the hints during the wait", async (t) => {
  const world = CallHarness.checked(t, {
    settings,
    lookups: [{ kind: "not-started" }, { kind: "open", conference: main }],
  });
  world.begin();
  await world.clock.advance(20_000);
  t.strictSame(world.endpoint.heard, [greeting, `de:not-started ${hints} music:hold`]);
  world.directory.open("54321");
  const report = await world.finish();
  t.equal(report.cause, "conference-ended");
  t.notOk(world.stages.includes("informing"));
});

await t.test("switched off", async (t) => {
  const world = CallHarness.checked(t, { settings: { ...settings, hints: false } });
  await world.run();
  t.notOk(world.stages.includes("informing"));
  t.notOk(world.endpoint.heard.some((text) => text.includes("hint")));
});
