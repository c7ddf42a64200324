import t from "tap";

import type { Conference } from "../../src/call/interfaces.js";
import { CallHarness } from "../support/call-harness.js";
import { fakeConference, fakePin } from "../support/fake-directory.js";

const main = fakeConference("54321");
const breakout: Conference = { ...fakeConference("543211"), mainRoom: fakePin("54321") };
const greeting = "de:welcome de:enter-pin en:language-switch";

await t.test("the conference ends: announcement, one PIN prompt, goodbye", async (t) => {
  const world = CallHarness.checked(t, { talkMs: 5_000 });
  const report = await world.run();
  t.equal(report.cause, "conference-ended");
  t.strictSame(world.directory.stillOpenOf, ["meeting-54321"]);
  t.strictSame(world.endpoint.heard, [greeting, "de:conference-ended de:enter-pin", "de:goodbye"]);
  t.equal(world.endpoint.left, 0);
  t.equal(report.stages.find(({ stage }) => stage === "talking")?.ms, 5_000);
});

await t.test("another PIN leads to a second conference; after its end the call ends", async (t) => {
  const world = CallHarness.checked(t, {
    talkMs: 5_000,
    typing: ["54321", "777"],
    conferences: [main, fakeConference("777")],
  });
  const report = await world.run();
  t.match(report, { cause: "conference-ended", joins: 2 });
  t.strictSame(world.endpoint.heard, [greeting, "de:conference-ended de:enter-pin", "de:conference-ended de:goodbye"]);
});

await t.test("a wrong PIN after the conference can be corrected", async (t) => {
  const world = CallHarness.checked(t, {
    talkMs: 5_000,
    typing: ["54321", "1#", "2#", "777"],
    conferences: [main, fakeConference("777")],
  });
  t.match(await world.run(), { cause: "conference-ended", joins: 2, lookups: ["open", "unknown", "unknown", "open"] });
});

await t.test("BBB ends calls before its API shows it: polled again, and not taken for a removal", async (t) => {
  const world = CallHarness.checked(t, { talkMs: 5_000, stillOpen: ["open", "over"] });
  const report = await world.run();
  t.equal(report.cause, "conference-ended");
  t.equal(world.directory.stillOpenOf.length, 2);
  t.ok((report.stages.filter(({ stage }) => stage === "looking-up")[1]?.ms ?? 0) < 2_000);
});

await t.test("removed by a moderator: announcement, no re-join", async (t) => {
  const world = CallHarness.checked(t, { talkMs: 5_000, stillOpen: ["open"], typing: ["54321", "54321"] });
  const report = await world.run();
  t.match(report, { cause: "removed", joins: 1 });
  t.strictSame(world.endpoint.heard, [greeting, "de:removed de:goodbye"]);
  t.strictSame(world.call.hangUps, ['Q.850;cause=16;text="removed"']);
});

await t.test("unknown whether the conference ended: looked up again, as for a lost BBB server", async (t) => {
  const world = CallHarness.checked(t, {
    talkMs: 5_000,
    stillOpen: ["unknown"],
    lookups: [{ kind: "open", conference: main }, { kind: "unavailable" }],
  });
  const report = await world.run();
  t.equal(report.cause, "conference-unreachable");
  t.equal(world.endpoint.heard.at(-1), "de:service-unavailable de:goodbye");

  const silent = CallHarness.checked(t, {
    talkMs: 5_000,
    stillOpenMs: "never",
    lookups: [{ kind: "open", conference: main }, { kind: "unknown" }],
  });
  t.equal((await silent.run()).cause, "conference-unreachable");
  t.ok(silent.endpoint.heard.includes("de:please-wait music:hold"), "no silence without a reason");
});

await t.test("a breakout room ends: back in the main room without a new call", async (t) => {
  const world = CallHarness.checked(t, { talkMs: 5_000, typing: ["543211"], conferences: [main, breakout] });
  world.begin();
  await world.clock.advance(12_000);
  t.strictSame(world.stages, [
    "ringing",
    "greeting",
    "asking",
    "looking-up",
    "joining",
    "talking",
    "looking-up",
    "joining",
    "talking",
  ]);
  const report = await world.finish();
  t.match(report, { cause: "conference-ended", joins: 2, pinsTyped: 1 });
  t.strictSame(world.directory.found, ["543211", "54321"]);
  t.strictSame(
    world.endpoint.targets.map(({ voiceBridge }) => voiceBridge.reveal()),
    ["543211", "54321"],
  );
  t.strictSame(world.endpoint.heard, [greeting, "de:main-room", "de:conference-ended de:enter-pin", "de:goodbye"]);
  const [, back] = report.stages.filter(({ stage }) => stage === "looking-up");
  t.ok((back?.ms ?? Infinity) < 2_500, "with all that is said");
});

await t.test("a breakout room and its main room have ended: PIN prompt", async (t) => {
  for (const kind of ["unknown", "unavailable", "not-started"] as const) {
    const world = CallHarness.checked(t, {
      talkMs: 5_000,
      typing: ["543211"],
      conferences: [breakout],
      lookups: [{ kind: "open", conference: breakout }, { kind }],
    });
    const report = await world.run();
    t.match(report, { cause: "conference-ended", joins: 1 });
    t.strictSame(world.endpoint.heard, [greeting, "de:conference-ended de:enter-pin", "de:goodbye"]);
  }
});

await t.test("removed from a breakout room: no re-join anywhere", async (t) => {
  const world = CallHarness.checked(t, {
    talkMs: 5_000,
    typing: ["543211"],
    conferences: [main, breakout],
    stillOpen: ["open"],
  });
  t.match(await world.run(), { cause: "removed", joins: 1 });
  t.strictSame(world.directory.found, ["543211"]);
});
