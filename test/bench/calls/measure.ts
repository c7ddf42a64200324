import { setTimeout } from "node:timers/promises";

import type { CallTimes } from "./call-times.js";
import type { Media } from "./options.js";
import { percentilesOf } from "./percentiles.js";
import { machine } from "./processes.js";
import type { Idle, PerPart, Stage } from "./result.js";
import { mapParts, type Subject, type Usages, usagesOf } from "./subject.js";
import type { CallLoad, RunningTraffic, Traffic } from "./traffic.js";

/** A conference of a short test call: the seconds that the caller stays after the PIN. */
const talkMs = 7_000;
/** At which held calls are set up, a second. */
const heldRate = 10;
const idleMs = 10_000;
const settleMs = 3_000;
const joinWithinMs = 30_000;
const emptyWithinMs = 30_000;
const lookEveryMs = 250;
const warmUp = { calls: 40, rate: 5, talkMs: 1_000 } as const;

export interface Bench {
  readonly subject: Subject;
  readonly media: Media;
  readonly run: number;
  readonly traffic: Traffic;
}

/** First calls load code and fill caches; they are in no figure. */
export async function warm(bench: Bench): Promise<void> {
  await withCalls(bench, warmUp, async ({ traffic }) => {
    await traffic.done();
  });
}

export async function idle({ subject, media, run }: Bench): Promise<Idle> {
  await setTimeout(settleMs);
  const window = open(subject);
  await setTimeout(idleMs);
  const { seconds, before, after } = window();
  return {
    way: subject.way,
    media,
    run,
    cpu: cpuBetween(before, after, (ms) => coreShare(ms, seconds)),
    residentKb: mapParts(after, ({ residentKb }) => residentKb),
  };
}

/**
 * Calls at a rate, each with PIN and some talk: CPU from INVITE to the end, for each call that came into the conference.
 * @param rate calls a second
 */
export async function measureSetUp(bench: Bench, rate: number, seconds: number, base: Idle): Promise<Stage> {
  const load = { calls: rate * seconds, rate, talkMs };
  return await withCalls(bench, load, async ({ traffic, window }) => {
    await traffic.done();
    await untilEmpty(bench.subject);
    const spent = window();
    const joined = joinedIn(traffic);
    return {
      ...(await common(bench, load.calls, traffic, spent)),
      kind: "setup",
      load: rate,
      calls: load.calls,
      cpu: cpuBetween(spent.before, spent.after, (ms, part) => {
        const idleMs = ((base.cpu[part] ?? 0) / 100) * spent.seconds * 1_000;
        return (ms - idleMs) / Math.max(1, joined);
      }),
    };
  });
}

/** Calls that talk: CPU of each as a share of a core. */
export async function measureHeld(bench: Bench, count: number, seconds: number, base: Idle): Promise<Stage> {
  const load = { calls: count, rate: heldRate, talkMs: (count / heldRate + seconds) * 1_000 + 4 * settleMs };
  return await withCalls(bench, load, async ({ traffic }) => {
    const joined = await untilJoined(traffic, count);
    await setTimeout(settleMs);
    await bench.subject.eventLoop();
    const window = open(bench.subject);
    await setTimeout(seconds * 1_000);
    const spent = window();
    const eventLoop = await bench.subject.eventLoop();
    await traffic.done();
    await untilEmpty(bench.subject);
    return {
      ...(await common(bench, load.calls, traffic, spent)),
      kind: "held",
      load: count,
      calls: count,
      eventLoop,
      cpu: cpuBetween(
        spent.before,
        spent.after,
        (ms, part) => (coreShare(ms, spent.seconds) - (base.cpu[part] ?? 0)) / Math.max(1, joined),
      ),
    };
  });
}

/** % of a core. */
function coreShare(cpuMs: number, seconds: number): number {
  return (100 * cpuMs) / (seconds * 1_000);
}

interface Running {
  readonly traffic: RunningTraffic;
  /** Opened before the first call. */
  readonly window: () => Spent;
}

async function withCalls<Value>(
  bench: Bench,
  load: CallLoad,
  use: (running: Running) => Promise<Value>,
): Promise<Value> {
  // Starts einwahl's statistics of delays again.
  await bench.subject.eventLoop();
  const window = open(bench.subject);
  const traffic = await bench.traffic.start(bench.subject.port, load);
  try {
    return await use({ traffic, window });
  } finally {
    await traffic.stop();
  }
}

interface Spent {
  readonly seconds: number;
  readonly before: Usages;
  readonly after: Usages;
  readonly busyPercent: number;
}

/** The returned function ends the window. */
function open(subject: Subject): () => Spent {
  const [begin, before, machineBefore] = [performance.now(), usagesOf(subject), machine()];
  return () => {
    const [end, after, machineAfter] = [performance.now(), usagesOf(subject), machine()];
    const busy = machineAfter.busyMs - machineBefore.busyMs;
    return {
      seconds: (end - begin) / 1_000,
      before,
      after,
      busyPercent: (100 * busy) / Math.max(1, machineAfter.totalMs - machineBefore.totalMs),
    };
  };
}

function cpuBetween(before: Usages, after: Usages, convert: (ms: number, part: keyof Usages) => number): PerPart {
  return mapParts(after, ({ cpuMs }, part) => convert(cpuMs - (before[part]?.cpuMs ?? 0), part));
}

type Common = Omit<Stage, "kind" | "load" | "calls" | "cpu">;

async function common(
  { subject, media, run }: Bench,
  count: number,
  traffic: RunningTraffic,
  spent: Spent,
): Promise<Common> {
  const calls = traffic.calls();
  return {
    way: subject.way,
    media,
    run,
    failures: failuresOf(count, calls, traffic.faults()),
    seconds: spent.seconds,
    residentKb: mapParts(spent.after, ({ residentKb }) => residentKb),
    inviteToAnswer: percentilesOf(
      calls.flatMap(({ invited, answered }) => (answered === undefined ? [] : [answered - invited])),
    ),
    digitToConference: percentilesOf(
      calls.flatMap(({ audio, joined }) =>
        audio === undefined || joined === undefined ? [] : [joined - audio - traffic.lastDigitMs],
      ),
    ),
    eventLoop: await subject.eventLoop(),
    machineBusyPercent: spent.busyPercent,
  };
}

/**
 * What is missing in calls; each call counts once.
 * @param count the calls that should have been made
 * @param faults why calls were not answered, as far as the callers know
 */
export function failuresOf(
  count: number,
  calls: readonly CallTimes[],
  faults: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const unanswered = calls.filter(({ answered }) => answered === undefined).length;
  const explained = Object.values(faults).reduce((sum, each) => sum + each, 0);
  const answered = calls.filter((call) => call.answered !== undefined);
  const joined = answered.filter((call) => call.joined !== undefined);
  const found = {
    "not made": count - calls.length,
    ...faults,
    "not answered": unanswered - explained,
    "not in the conference": answered.length - joined.length,
    "ended early": joined.filter(({ ended }) => ended === undefined).length,
  };
  return Object.fromEntries(Object.entries(found).filter(([, each]) => each > 0));
}

function joinedIn(traffic: RunningTraffic): number {
  return traffic.calls().filter((call) => call.joined !== undefined).length;
}

async function untilJoined(traffic: RunningTraffic, count: number): Promise<number> {
  const deadline = performance.now() + (count / heldRate) * 1_000 + joinWithinMs;
  for (;;) {
    const joined = joinedIn(traffic);
    if (joined >= count || performance.now() > deadline) return joined;
    await setTimeout(lookEveryMs);
  }
}

async function untilEmpty(subject: Subject): Promise<void> {
  const deadline = performance.now() + emptyWithinMs;
  while ((await subject.channels()) > 0 && performance.now() < deadline) await setTimeout(lookEveryMs);
}
