import t from "tap";

import { JoinPacer } from "../../src/call/join-pacer.js";
import { failure } from "../../src/util/result.js";
import { CallHarness, type CallScript, someSettings } from "../support/call-harness.js";
import { FakeClock } from "../support/fake-clock.js";
import { fakeConference } from "../support/fake-directory.js";
import type { FakeEndpoint } from "../support/fake-endpoint.js";

/** The media server is lost; returns the next channel, once the call is served there. */
async function lose(world: CallHarness, ms = 200): Promise<FakeEndpoint> {
  world.endpoints.at(-1)?.gone.set("media-server-lost");
  await world.clock.advance(ms);
  const endpoint = world.endpoints.at(-1);
  if (endpoint === undefined) throw new Error("no endpoint was opened");
  return endpoint;
}

await t.test("in the conference: the caller comes back there under the same name", async (t) => {
  const world = CallHarness.checked(t);
  world.begin();
  await world.clock.advance(10_000);
  t.equal(world.stages.at(-1), "talking");
  const next = await lose(world, 500);
  t.equal(world.endpoints.length, 2);
  t.strictSame(world.call.moves, [next]);
  t.strictSame(world.stages.slice(-3), ["moving", "joining", "talking"]);
  t.strictSame(next.targets, world.endpoint.targets);
  t.strictSame(next.heard, [], "nothing is said");
  t.equal(world.endpoint.releases, 1);
  const report = await world.finish();
  t.equal(report.joins, 2);
  t.strictSame(world.call.hangUps.length, 1);
});

await t.test("in the dialogue: the caller is asked again, in the language of before", async (t) => {
  const world = CallHarness.checked(t, { typing: ["**", "", "54321"] });
  world.begin();
  await world.clock.advance(4_000);
  t.equal(world.endpoint.heard.at(-1), "en:welcome en:enter-pin de:language-switch");
  const next = await lose(world);
  t.strictSame(next.heard, ["en:enter-pin"]);
  t.equal((await world.finish()).cause, "conference-ended");
});

await t.test("wrong PINs of before count", async (t) => {
  const world = CallHarness.checked(t, { typing: ["1#", "2#", "", "3#"], promptMs: 300 });
  world.begin();
  await world.clock.advance(8_000);
  t.equal(world.pins.length, 2);
  const next = await lose(world);
  t.strictSame(next.heard, ["de:enter-pin"], "no welcome");
  t.equal((await world.finish()).cause, "too-many-tries");
  t.equal(world.pins.length, 3);
});

await t.test("while waiting: the limit stays, and a start in between is not missed", async (t) => {
  const waiting: Partial<CallScript> = {
    conferences: [],
    reserved: ["54321"],
    settings: { ...someSettings, waiting: { limitMs: 60_000, remindEveryMs: 45_000 } },
  };
  await t.test("limit", async (t) => {
    const world = CallHarness.checked(t, waiting);
    world.begin();
    await world.clock.advance(30_000);
    const since = world.stages.indexOf("waiting");
    t.not(since, -1);
    const next = await lose(world);
    t.equal(world.stages.at(-1), "waiting");
    t.strictSame(next.heard, ["de:waiting music:hold"]);
    const report = await world.finish();
    t.equal(report.cause, "conference-not-started");
    const times = report.stages.filter(({ stage }) => stage === "waiting" || stage === "moving");
    t.equal(times.length, 3);
    const farewellMs = 4_000;
    t.equal(
      times.reduce((sum, { ms }) => sum + ms, 0),
      60_000 + farewellMs,
    );
  });
  await t.test("start", async (t) => {
    const world = CallHarness.checked(t, {
      ...waiting,
      lookups: [{ kind: "not-started" }, { kind: "open", conference: fakeConference("54321") }],
    });
    world.begin();
    await world.clock.advance(20_000);
    t.equal(world.stages.at(-1), "waiting");
    const next = await lose(world);
    t.equal(next.targets.length, 1, "joins at once");
    await world.finish();
  });
});

await t.test("a conference that has ended meanwhile is not opened again", async (t) => {
  const world = CallHarness.checked(t, {
    typing: ["54321", ""],
    lookups: [{ kind: "open", conference: fakeConference("54321") }, { kind: "unknown" }],
  });
  world.begin();
  await world.clock.advance(10_000);
  const next = await lose(world);
  t.strictSame([next.targets, next.heard], [[], ["de:conference-ended de:enter-pin"]]);
  await world.finish();
});

await t.test("a refused or unanswered re-INVITE ends the call with BYE", async (t) => {
  const refusals: readonly Partial<CallScript>[] = [{ moveOutcome: failure("media-server-lost") }, { moveMs: "never" }];
  for (const changes of refusals) {
    const world = CallHarness.checked(t, changes);
    world.begin();
    await world.clock.advance(10_000);
    await lose(world);
    t.equal((await world.finish()).cause, "media-server-lost");
    t.match(world.call.hangUps, ['Q.850;cause=41;text="media-server-lost"']);
  }
});

await t.test("no media server: the call tries for 10 s and ends", async (t) => {
  const world = CallHarness.checked(t);
  let opens = 0;
  world.begin({
    media: {
      ...world.services().media,
      openEndpoint: async () => {
        opens += 1;
        return opens === 1 ? await world.services().media.openEndpoint("", "mandatory") : failure("media-unavailable");
      },
    },
  });
  await world.clock.advance(10_000);
  await lose(world, 9_900);
  t.equal(world.report, undefined);
  await world.clock.advance(500);
  t.equal(world.report?.cause, "media-server-lost");
  t.equal(world.stages.at(-2), "moving");
});

await t.test("the caller hangs up, or einwahl shuts down, while the call moves", async (t) => {
  for (const end of [
    (world: CallHarness) => world.call.hangUpByCaller(),
    (world: CallHarness) => {
      world.shutdown.set("shutdown");
      return "shutdown" as const;
    },
  ]) {
    const world = CallHarness.checked(t, { moveMs: 1_000 });
    world.begin();
    await world.clock.advance(10_000);
    await lose(world);
    t.equal(world.stages.at(-1), "moving");
    const cause = end(world);
    t.equal((await world.finish()).cause, cause);
  }
});

await t.test("the next media server is lost, too, before the caller has answered", async (t) => {
  const world = CallHarness.checked(t, { moveMs: 1_000 });
  world.begin();
  await world.clock.advance(10_000);
  await lose(world);
  const third = await lose(world, 2_000);
  t.equal(world.endpoints.length, 3);
  t.equal(third.targets.length, 1);
  await world.finish();
});

await t.test("a call that is told its end does not move", async (t) => {
  const world = CallHarness.checked(t, { stillOpen: ["open"], talkMs: 1_000 });
  world.begin();
  for (let steps = 0; world.endpoints[0]?.heard.at(-1) !== "de:removed de:goodbye" && steps < 1_000; steps++)
    await world.clock.step();
  await lose(world);
  t.equal((await world.finish()).cause, "media-server-lost");
  t.equal(world.endpoints.length, 1);
});

await t.test("a channel that FreeSWITCH has hung up does not move", async (t) => {
  const world = CallHarness.checked(t);
  world.begin();
  await world.clock.advance(10_000);
  world.endpoint.gone.set("channel-ended");
  t.equal((await world.finish()).cause, "channel-ended");
  t.equal(world.endpoints.length, 1);
});

await t.test("the moves of a call are bounded", async (t) => {
  const world = CallHarness.checked(t);
  world.begin();
  await world.clock.advance(10_000);
  for (let losses = 0; world.report === undefined && losses < 50; losses++) await lose(world);
  t.equal(world.report?.cause, "media-server-lost");
  t.equal(world.endpoints.length, 21);
});

await t.test("fifty callers who come back to one node are there within 2 s, with 25 joins a second", (t) => {
  const pacer = new JoinPacer(new FakeClock(), 100);
  const turns = Array.from({ length: 50 }, () => pacer.take("bbb", 0.4));
  t.ok((turns.at(-1) ?? Infinity) < 2_000);
  t.equal(turns.filter((ms) => ms < 1_000).length, 25);
  t.end();
});
