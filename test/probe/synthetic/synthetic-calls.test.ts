import t from "tap";

import type { SyntheticCallConfig } from "../../../src/config/config.js";
import { SyntheticCalls } from "../../../src/probe/synthetic/synthetic-calls.js";
import type { SyntheticResult } from "../../../src/probe/synthetic/synthetic-result.js";
import type { Latch } from "../../../src/util/latch.js";
import { FakeClock, settle } from "../../support/fake-clock.js";

const minute = 60_000;
const works: SyntheticResult = { failure: undefined, answeredMs: 100, heardMs: 5_000, totalMs: 6_000 };
const fails: SyntheticResult = { ...works, failure: { stage: "join", why: "no" }, heardMs: undefined };

interface Placed {
  readonly server: string;
  readonly at: number;
  readonly stop: Latch<true>;
  readonly finish: (result: SyntheticResult) => void;
}

/** Calls that the test ends. */
function bench(changes: Partial<SyntheticCallConfig> = {}) {
  const clock = new FakeClock();
  const placed: Placed[] = [];
  const results: string[] = [];
  const bugs: unknown[] = [];
  const knobs = {
    random: 0,
    isThereRoom: true,
    settings: {
      intervalMs: 15 * minute,
      jitterMs: minute,
      trunk: undefined,
      ca: undefined,
      contact: undefined,
      servers: ["a", "b"],
      ...changes,
    } as SyntheticCallConfig | undefined,
  };
  const calls = new SyntheticCalls({
    settings: () => knobs.settings,
    mayCall: () => knobs.isThereRoom,
    random: () => knobs.random,
    today: () => 1_000_000 + clock.now(),
    clock,
    onResult: (server, { failure }) => results.push(`${server} ${failure?.stage ?? "ok"}`),
    onBug: (error) => bugs.push(error),
    place: async (server, stop) =>
      await new Promise((resolve) => {
        placed.push({ server, at: clock.now(), stop, finish: resolve });
        stop.onSet(() => {
          resolve({ ...fails, failure: { stage: "interrupted", why: "it was aborted" } });
        });
      }),
  });
  return { knobs, calls, clock, placed, results, bugs };
}

await t.test("the servers are called in turn, at the interval from start to start plus jitter", async (t) => {
  const world = bench();
  world.knobs.random = 0.5;
  world.calls.start();
  for (let call = 0; call < 3; call += 1) {
    await world.clock.step();
    await world.clock.advance(20_000);
    world.placed.at(-1)?.finish(call === 1 ? fails : works);
    await settle();
  }
  t.same(
    world.placed.map(({ server, at }) => [server, at]),
    [
      ["a", 40_000],
      ["b", 40_000 + 15.5 * minute],
      ["a", 40_000 + 31 * minute],
    ],
  );
  t.same(world.results, ["a ok", "b join", "a ok"]);
  t.match(world.calls.records, [
    { server: "a", ok: 2, last: { failure: undefined, at: 1_060_000 + 31 * minute } },
    { server: "b", ok: 0, last: { failure: { stage: "join" } } },
  ]);
  t.same([...(world.calls.records?.[1]?.failed ?? [])], [["join", 1]]);
  await world.calls.close();
  t.equal(world.clock.pending, 0);
});

await t.test("calls never overlap: one that takes longer than the interval delays the next", async (t) => {
  const world = bench({ intervalMs: minute, jitterMs: 0 });
  world.calls.start();
  await world.clock.advance(10 * minute);
  t.equal(world.placed.length, 1);
  // As after a reload during the call.
  world.calls.start();
  await world.clock.advance(minute);
  t.equal(world.placed.length, 1);
  world.placed[0]?.finish(works);
  await world.clock.advance(1);
  t.equal(world.placed.length, 2, "overdue");
  await world.calls.close();
});

await t.test("without free capacity no call is placed, and the server keeps its turn", async (t) => {
  const world = bench({ jitterMs: 0 });
  world.knobs.isThereRoom = false;
  world.calls.start();
  await world.clock.advance(16 * minute);
  t.same([world.placed.length, world.calls.records?.[0]?.last], [0, undefined]);
  world.knobs.isThereRoom = true;
  await world.clock.advance(15 * minute);
  t.same(
    world.placed.map(({ server }) => server),
    ["a"],
  );
  await world.calls.close();
});

await t.test("a shutdown aborts the call in progress, whose result is discarded", async (t) => {
  const world = bench();
  world.calls.start();
  await world.clock.step();
  t.equal(world.placed.length, 1);
  await world.calls.close();
  t.ok(world.placed[0]?.stop.isSet);
  t.same([world.results, world.bugs, world.clock.pending], [[], [], 0]);
  world.calls.start();
  t.equal(world.clock.pending, 0, "no further call begins");
});

await t.test("off, and turned on and off by a new configuration", async (t) => {
  const world = bench({ jitterMs: 0 });
  const { settings } = world.knobs;
  world.knobs.settings = undefined;
  world.calls.start();
  t.same([world.clock.pending, world.calls.records], [0, undefined]);
  world.knobs.settings = settings;
  world.calls.start();
  await world.clock.advance(10_000);
  t.equal(world.placed.length, 1);
  world.knobs.settings = undefined;
  world.placed[0]?.finish(works);
  await settle();
  t.equal(world.clock.pending, 0);
});
