import t from "tap";

import type { Conference } from "../../src/call/interfaces.js";
import { CallHarness } from "../support/call-harness.js";
import { fakeConference, fakePin } from "../support/fake-directory.js";

const main = fakeConference("54321");
const breakout: Conference = { ...fakeConference("543211"), mainRoom: fakePin("54321") };
const greeting = "de:welcome de:enter-pin en:language-switch";

await t.test("the conference is over: told, asked for a PIN once, and goodbye", async (t) => {
  const world = new CallHarness({ talkMs: 5_000 });
  const report = await world.run();
  t.equal(report.cause, "conference-ended");
  t.strictSame(world.directory.stillOpenOf, ["meeting-54321"]);
  t.strictSame(world.endpoint.heard, [greeting, "de:conference-ended de:enter-pin", "de:goodbye"]);
  t.equal(world.endpoint.left, 0);
  t.equal(report.stages.find(({ stage }) => stage === "talking")?.ms, 5_000);
  t.strictSame(await world.leftovers(), []);
});

await t.test("another PIN leads to another conference; after that one there is no third", async (t) => {
  const world = new CallHarness({
    talkMs: 5_000,
    typing: ["54321", "777"],
    conferences: [main, fakeConference("777")],
  });
  const report = await world.run();
  t.match(report, { cause: "conference-ended", joins: 2 });
  t.strictSame(world.endpoint.heard, [greeting, "de:conference-ended de:enter-pin", "de:conference-ended de:goodbye"]);
  t.strictSame(await world.leftovers(), []);
});

await t.test("a wrong PIN after the conference can be corrected", async (t) => {
  const world = new CallHarness({
    talkMs: 5_000,
    typing: ["54321", "1#", "2#", "777"],
    conferences: [main, fakeConference("777")],
  });
  t.match(await world.run(), { cause: "conference-ended", joins: 2, lookups: ["open", "unknown", "unknown", "open"] });
});

await t.test("BBB ends calls before its API knows: asked again, and no hurry is a removal", async (t) => {
  const world = new CallHarness({ talkMs: 5_000, stillOpen: ["open", "over"] });
  const report = await world.run();
  t.equal(report.cause, "conference-ended");
  t.equal(world.directory.stillOpenOf.length, 2);
  t.ok((report.stages.filter(({ stage }) => stage === "looking-up")[1]?.ms ?? 0) < 2_000);
});

await t.test("removed by a moderator: told, and not joined again", async (t) => {
  const world = new CallHarness({ talkMs: 5_000, stillOpen: ["open"], typing: ["54321", "54321"] });
  const report = await world.run();
  t.match(report, { cause: "removed", joins: 1 });
  t.strictSame(world.endpoint.heard, [greeting, "de:removed de:goodbye"]);
  t.strictSame(world.call.hangUps, ['Q.850;cause=16;text="removed"']);
  t.strictSame(await world.leftovers(), []);
});

await t.test("nobody can say whether it is over: looked for again, as when the node is lost", async (t) => {
  const world = new CallHarness({
    talkMs: 5_000,
    stillOpen: ["unknown"],
    lookups: [{ kind: "open", conference: main }, { kind: "unavailable" }],
  });
  const report = await world.run();
  t.equal(report.cause, "conference-unreachable");
  t.equal(world.endpoint.heard.at(-1), "de:service-unavailable de:goodbye");
  t.strictSame(await world.leftovers(), []);

  const silent = new CallHarness({
    talkMs: 5_000,
    stillOpenMs: "never",
    lookups: [{ kind: "open", conference: main }, { kind: "unknown" }],
  });
  t.equal((await silent.run()).cause, "conference-unreachable");
  t.ok(silent.endpoint.heard.includes("de:please-wait music:hold"), "no silence without a reason");
  t.strictSame(await silent.leftovers(), []);
});

await t.test("a breakout room is over: back in the main room without redialling", async (t) => {
  const world = new CallHarness({ talkMs: 5_000, typing: ["543211"], conferences: [main, breakout] });
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
  t.strictSame(await world.leftovers(), []);
});

await t.test("from a breakout room whose main room is over as well, the way leads to the prompt", async (t) => {
  for (const kind of ["unknown", "unavailable", "not-started"] as const) {
    const world = new CallHarness({
      talkMs: 5_000,
      typing: ["543211"],
      conferences: [breakout],
      lookups: [{ kind: "open", conference: breakout }, { kind }],
    });
    const report = await world.run();
    t.match(report, { cause: "conference-ended", joins: 1 });
    t.strictSame(world.endpoint.heard, [greeting, "de:conference-ended de:enter-pin", "de:goodbye"]);
    t.strictSame(await world.leftovers(), []);
  }
});

await t.test("who is removed from a breakout room is put nowhere", async (t) => {
  const world = new CallHarness({
    talkMs: 5_000,
    typing: ["543211"],
    conferences: [main, breakout],
    stillOpen: ["open"],
  });
  t.match(await world.run(), { cause: "removed", joins: 1 });
  t.strictSame(world.directory.found, ["543211"]);
});
