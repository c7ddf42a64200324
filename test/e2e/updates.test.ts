import { setTimeout } from "node:timers/promises";

import t, { type Test } from "tap";

import { readSamples, sumOf } from "../monitoring/metrics/exposition.js";
import { timeoutMs } from "../support/deadline.js";
import { missingPrograms } from "./support/missing-programs.js";
import type { Caller } from "./support/parts/caller.js";
import { keptIn, recordedChannels } from "./support/parts/kept.js";
import { PartsWorld } from "./support/parts/parts-world.js";
import { conferences } from "./support/world.js";

const isReal = process.env["EINWAHL_TEST_ENGINES"] === "real";
const callers = isReal ? 50 : 10;
const updates = isReal ? 10 : 3;
const atOnce = 5;
const [here, elsewhere] = conferences;
const webTone = 440;
/** Fifty of them don't overload the mix. */
const callerLevel = 0.015;
/** Milliseconds. The simulators share two processors with an einwahl that starts. */
const maxGapMs = isReal ? 100 : 250;
const numberOf = (index: number): string => `+49152231${25_000 + index}`;

t.setTimeout(500_000);

/** Runs `act` for each thing, a few at a time. */
async function forEach<Thing>(all: readonly Thing[], act: (thing: Thing) => Promise<unknown>): Promise<void> {
  const queue = [...all];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let thing = queue.shift(); thing !== undefined; thing = queue.shift()) await act(thing);
    }),
  );
}

/** Waits until einwahl reports this number of calls; resolves with what it reports then. */
async function callsOf({ einwahl }: PartsWorld, count: number): Promise<Awaited<ReturnType<typeof einwahl.status>>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const status = await einwahl.status();
    if (status.calls.now === count || performance.now() > deadline) return status;
    await setTimeout(100);
  }
}

/** The longest pauses of all callers, and whose they are. */
function worst(
  all: readonly Caller[],
  end: "hears" | "says",
  kind: "gap" | "silence",
  fromMs: number,
): [string, number] {
  return all
    .map((caller): [string, number] => [caller.name, caller[end]?.longest(kind, fromMs) ?? Infinity])
    .reduce((one, other) => (other[1] > one[1] ? other : one), ["", 0]);
}

async function endsWell(t: Test, all: readonly Caller[]): Promise<void> {
  const ends = new Map<string, number>();
  await forEach(all, async (caller) => {
    const { by } = await caller.hangUp();
    ends.set(by, (ends.get(by) ?? 0) + 1);
  });
  t.strictSame(Object.fromEntries(ends), { local: all.length }, "each call ended by its caller");
}

await t.test(
  `${callers} callers talk while einwahl is updated ${updates} times`,
  { skip: missingPrograms("redis-server") },
  async (t) => {
    const parts = await PartsWorld.start(t, { store: "redis", maxCalls: callers + 10 });
    const { world, einwahl } = parts;
    const [bbb, other] = world.bbbs;
    bbb.playTone(here.pin, webTone);
    other.playTone(elsewhere.pin, webTone);
    const idle = await world.counts();
    const all: Caller[] = [];
    const numbers = Array.from({ length: callers }, (_, index) => numberOf(index));
    await forEach(numbers, async (number) => {
      const caller = await parts.talk(number, here.pin, bbb, { recognises: false });
      caller.call.playTone(700 + 11 * (Number(caller.name) % 100), callerLevel);
      all.push(caller);
    });
    await setTimeout(1_000);
    const calmMs = performance.now() - 500;
    await setTimeout(1_000);
    const calm = { hears: worst(all, "hears", "gap", calmMs), says: worst(all, "says", "gap", calmMs) };
    t.comment(`before any update: ${JSON.stringify(calm)}, own stalls up to ${Math.round(parts.stalls.longestMs)} ms`);

    for (let update = 1; update <= updates; update++) {
      const from = performance.now();
      await einwahl.end("SIGTERM");
      const gone = performance.now();
      await einwahl.start();
      const ready = performance.now();
      const { calls } = await callsOf(parts, callers);
      t.match(calls, { now: callers, admitted: callers, byStage: { talking: callers } }, `after update ${update}`);
      const took = [gone - from, ready - gone, performance.now() - ready].map(Math.round);
      t.comment(`update ${update}: ${took.join(" + ")} ms to end, to be ready, to have the calls`);
    }

    for (const end of ["hears", "says"] as const) {
      const who = end === "hears" ? "the callers" : "the conference";
      const [name, gap] = worst(all, end, "gap", calmMs);
      t.ok(gap < maxGapMs, `${who}: no packets for ${gap} ms at most (${name})`);
      const [silent, silence] = worst(all, end, "silence", calmMs);
      t.ok(silence < 2 * maxGapMs, `${who}: no sound for ${silence} ms at most (${silent})`);
    }
    t.equal(sumOf(readSamples(await einwahl.metrics()), "einwahl_calls"), callers, "in the metrics");
    t.equal(await recordedChannels(parts), callers, "each call has a record at its channel");
    const needles = numbers.map((number) => number.slice(3));
    t.strictSame(await keptIn(parts, needles), [], "no number is kept anywhere");

    await t.test("all keys work afterwards", async (t) => {
      await forEach(all, async (caller) => {
        const [member] = caller.members(bbb);
        if (member === undefined) throw new Error(caller.evidence());
        await caller.call.sendDigits("7");
        const digits = await bbb.waitForDigits(member.memberId, "7", timeoutMs);
        if (digits !== "7") t.fail(`${caller.name}: BBB has got ${String(digits)}`);
      });
      await forEach(all, async (caller) => {
        const [member] = caller.members(bbb);
        await caller.call.sendDigits("*#");
        const left = await bbb.waitForLeave(member?.memberId ?? "", timeoutMs);
        if (left !== true) t.fail(`${caller.name}: the leave key does not work`);
        await caller.join(elsewhere.pin, other);
      });
      t.equal(other.members(elsewhere.pin).length, callers, "all are in the other conference");
      t.equal(bbb.members(here.pin).length, 0, "and none has stayed in the first");
    });

    await endsWell(t, all);
    const { calls, causes } = await callsOf(parts, 0);
    t.equal(calls.now, 0, "no call is left in the status");
    t.match(causes, [{ cause: "caller-hung-up", count: callers }], "and each ended in the usual way");
    const samples = readSamples(await einwahl.metrics());
    t.equal(sumOf(samples, "einwahl_calls_total", { cause: "caller-hung-up" }), callers, "as in the metrics");
    t.strictSame(await world.leftBehind(idle, { ms: 10_000 }), {}, "nothing is left");
    t.strictSame(world.complaints(needles), [], "no bug and no number in the log");
  },
);
