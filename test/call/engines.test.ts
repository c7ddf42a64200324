import t from "tap";

import { runCall } from "../../src/call/call.js";
import type { CallerEndpoint, IncomingCall } from "../../src/call/interfaces.js";
import { Latch } from "../../src/util/latch.js";
import { CallHarness, type CallScript } from "../support/call-harness.js";

/** Longer than the timeouts of a stuck call together, in milliseconds. */
const longest = 180_000;

await t.test("an engine that never answers ends the call within the timeouts", async (t) => {
  const cases: readonly (readonly [string, Partial<CallScript>])[] = [
    ["media-unavailable", { openMs: "never" }],
    ["answer-failed", { acceptMs: "never" }],
    ["directory-unavailable", { lookUpMs: "never", typing: ["54321", "54321", "54321"] }],
    ["conference-unreachable", { bridgeMs: "never" }],
    ["conference-ended", { promptMs: "never", stopMs: "never" }],
    ["dialogue-too-long", { promptMs: "never", stopMs: "never", typing: [] }],
    ["conference-ended", { hangUpMs: "never" }],
    ["conference-ended", { releaseMs: "never" }],
    ["conference-ended", { hangUpMs: "never", releaseMs: "never" }],
  ];
  for (const [cause, changes] of cases) {
    const world = CallHarness.checked(t, changes);
    const report = await world.run();
    t.equal(report.cause, cause);
    t.ok(world.clock.now() < longest, `${cause} after ${world.clock.now()} ms`);
  }
});

await t.test("a 200 that is sent after the timeout is followed by BYE", async (t) => {
  const world = CallHarness.checked(t, { acceptMs: 60_000 });
  world.expectedLeftovers = /^refused or hung up 2 times$/;
  const report = await world.run();
  t.equal(report.cause, "answer-failed");
  t.ok(world.clock.now() < 10_000);
  t.strictSame(world.call.hangUps, []);
  await world.clock.advance(60_000);
  t.strictSame(world.call.hangUps, ['Q.850;cause=21;text="answer-failed"']);
  t.notOk(world.call.isUp);
  t.equal(world.endpoint.releases, 1);
});

/** A call in which one component throws: a bug, not an expected failure. */
const bug = new Error("a bug");

await t.test("a bug in any component is reported, and all resources are released", async (t) => {
  const rejects = async (): Promise<never> => await Promise.reject(bug);
  const throws = (): never => {
    throw bug;
  };
  const inCall = (part: Partial<IncomingCall>) => (world: CallHarness) => {
    Object.assign(world.call, part);
    return undefined;
  };
  const inEndpoint = (part: Partial<CallerEndpoint>) => (world: CallHarness) => {
    const services = world.services();
    return {
      media: {
        ...services.media,
        openEndpoint: async (...asked: Parameters<typeof services.media.openEndpoint>) => {
          const opened = await services.media.openEndpoint(...asked);
          if (opened.ok) Object.assign(opened.value, part);
          return opened;
        },
      },
    };
  };
  const cases: readonly (readonly [
    string,
    string,
    (world: CallHarness) => Partial<ReturnType<CallHarness["services"]>> | undefined,
  ])[] = [
    ["trunks.admit throws", "internal-error", () => ({ trunks: { admit: throws } })],
    ["acquireSlot throws", "internal-error", () => ({ acquireSlot: throws })],
    ["ring throws", "internal-error", inCall({ ring: throws })],
    [
      "openEndpoint rejects",
      "internal-error",
      (world) => ({ media: { ...world.services().media, openEndpoint: rejects } }),
    ],
    [
      "openEndpoint throws",
      "internal-error",
      (world) => ({ media: { ...world.services().media, openEndpoint: throws } }),
    ],
    ["accept rejects", "internal-error", inCall({ accept: rejects })],
    ["accept throws", "internal-error", inCall({ accept: throws })],
    ["hangUp rejects", "conference-ended", inCall({ hangUp: rejects })],
    ["hangUp throws", "conference-ended", inCall({ hangUp: throws })],
    ["play throws", "internal-error", inEndpoint({ play: throws })],
    ["bridge throws", "internal-error", inEndpoint({ bridge: throws })],
    [
      "bridge.answered rejects",
      "internal-error",
      inEndpoint({
        bridge: () => ({
          legId: "leg",
          answered: rejects(),
          over: new Latch(),
          send: () => undefined,
          leave: () => undefined,
          receivedPackets: rejects,
          abandon: () => undefined,
        }),
      }),
    ],
    ["release rejects", "conference-ended", inEndpoint({ release: rejects })],
    ["release throws", "conference-ended", inEndpoint({ release: throws })],
    [
      "lookUp rejects",
      "internal-error",
      (world) => ({ directory: Object.assign(world.directory, { lookUp: rejects }) }),
    ],
    [
      "matchPrefix throws",
      "internal-error",
      (world) => ({ directory: Object.assign(world.directory, { matchPrefix: throws }) }),
    ],
  ];
  const expected: Readonly<Record<string, RegExp>> = {
    "hangUp rejects": /^bugs: |^refused or hung up 0 times$/,
    "hangUp throws": /^bugs: |^refused or hung up 0 times$/,
    "release rejects": /^(bugs|releases of the endpoint): /,
    "release throws": /^(bugs|releases of the endpoint): /,
  };
  for (const [name, cause, changes] of cases) {
    const world = CallHarness.checked(t);
    world.expectedLeftovers = expected[name] ?? /^bugs: /;
    const report = await world.run(changes(world));
    t.equal(report.cause, cause, `${name}: the call ends with ${cause}`);
    t.ok(world.bugs.length > 0 && world.bugs.every((each) => each === bug), `${name} is reported`);
    t.equal(world.placesGivenBack, world.placesTaken, `${name}: place`);
    t.equal(world.callClock.pending, 0, `${name}: timers`);
    t.equal(world.call.gone.listenerCount, 0, `${name}: listeners`);
    if (!name.startsWith("release"))
      for (const endpoint of world.endpoints) t.equal(endpoint.releases, 1, `${name}: endpoint`);
    if (cause === "internal-error")
      t.equal(world.call.refusals.length + world.call.hangUps.length, 1, `${name}: answered or hung up`);
    if (world.call.refusals.length > 0) t.equal(world.call.refusals[0]?.status, 500);
  }
});

await t.test("a shutdown before the INVITE is handled ends it with 503", async (t) => {
  const world = CallHarness.checked(t);
  world.shutdown.set("shutdown");
  const report = await world.run();
  t.equal(report.cause, "shutdown");
  t.strictSame(
    world.call.refusals.map((answer) => answer.status),
    [503],
  );
});

await t.test("concurrent calls share only the services passed to them", async (t) => {
  const worlds = Array.from({ length: 20 }, (_, at) =>
    CallHarness.checked(t, at % 2 === 0 ? {} : { typing: ["1#", "2#", "3#"] }),
  );
  const [first] = worlds;
  if (first === undefined) throw new Error("no world");
  const shared = first.services();
  const reports = Promise.all(
    worlds.map(
      async (world) =>
        await runCall(world.call, { ...world.services(), shutdown: shared.shutdown }, world.script.settings),
    ),
  );
  await Promise.all(
    worlds.map(async (world) => {
      await world.clock.advance(200_000);
    }),
  );
  const causes = (await reports).map((report) => report.cause);
  t.strictSame(
    causes,
    worlds.map((_, at) => (at % 2 === 0 ? "conference-ended" : "too-many-tries")),
  );
  t.equal(shared.shutdown.listenerCount, 0);
});
