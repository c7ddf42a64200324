import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import type { Media } from "./options.js";
import { percentilesOf } from "./percentiles.js";
import { machine } from "./processes.js";
import type { Idle, PerPart, Stage } from "./result.js";
import { Callers, Node } from "./sipp.js";
import { type CallTimes, readCalls } from "./sipp-log.js";
import { mapParts, type Subject, type Usages, usagesOf } from "./subject.js";

/** A conference of a short test call: the seconds that the caller stays after the PIN. */
const talkMs = 7_000;
/** At which held calls are set up, a second. */
const heldRate = 10;
const idleMs = 10_000;
const settleMs = 3_000;
const joinWithinMs = 30_000;
const lookEveryMs = 250;
const warmUp = { calls: 40, rate: 5, talkMs: 1_000 } as const;

export interface Bench {
  readonly subject: Subject;
  readonly media: Media;
  readonly run: number;
  /** Of the conference node. */
  readonly nodePort: number;
}

/** First calls load code and fill caches; they are in no figure. */
export async function warm(bench: Bench): Promise<void> {
  await withEnds(bench, warmUp, async ({ callers }) => {
    await callers.done();
  });
}

export async function idle(bench: Bench): Promise<Idle> {
  await setTimeout(settleMs);
  const window = open(bench.subject);
  await setTimeout(idleMs);
  const { seconds, before, after } = window();
  return {
    way: bench.subject.way,
    media: bench.media,
    run: bench.run,
    cpu: cpuBetween(before, after, (ms) => ms / seconds / 10),
    residentKb: mapParts(after, ({ residentKb }) => residentKb),
  };
}

/** Calls at a rate, each with PIN and some talk: CPU per call from INVITE to the end. @param rate calls a second */
export async function measureSetUp(bench: Bench, rate: number, seconds: number, base: Idle): Promise<Stage> {
  const load = { calls: rate * seconds, rate, talkMs };
  return await withEnds(bench, load, async ({ node, callers, window }) => {
    await callers.done();
    await untilEmpty(bench.subject);
    const spent = window();
    const calls = readCalls(callers.log, node.log);
    return {
      ...(await common(bench, calls, callers, spent)),
      kind: "setup",
      load: rate,
      calls: load.calls,
      cpu: cpuBetween(spent.before, spent.after, (ms, part) => {
        return (ms - (base.cpu[part] ?? 0) * 10 * spent.seconds) / load.calls;
      }),
    };
  });
}

/** Calls that talk: CPU of each as a share of a core. */
export async function measureHeld(bench: Bench, count: number, seconds: number, base: Idle): Promise<Stage> {
  const load = { calls: count, rate: heldRate, talkMs: (count / heldRate + seconds) * 1_000 + 4 * settleMs };
  return await withEnds(bench, load, async ({ node, callers }) => {
    const joined = await untilJoined(node, callers, count);
    await setTimeout(settleMs);
    await bench.subject.eventLoop();
    const window = open(bench.subject);
    await setTimeout(seconds * 1_000);
    const spent = window();
    const delay = await bench.subject.eventLoop();
    const leftEarly = readCalls(callers.log, node.log).filter(({ ended }) => ended !== undefined).length;
    await callers.done();
    await untilEmpty(bench.subject);
    const stage = await common(bench, readCalls(callers.log, node.log), callers, spent);
    return {
      ...stage,
      kind: "held",
      load: count,
      calls: count,
      eventLoop: delay,
      failures: leftEarly > 0 ? { ...stage.failures, "ended early": leftEarly } : stage.failures,
      cpu: cpuBetween(spent.before, spent.after, (ms, part) => {
        return (ms / spent.seconds / 10 - (base.cpu[part] ?? 0)) / Math.max(1, joined);
      }),
    };
  });
}

interface Ends {
  readonly node: Node;
  readonly callers: Callers;
  /** Opened before the first call. */
  readonly window: () => Spent;
}

async function withEnds<Value>(
  bench: Bench,
  load: { readonly calls: number; readonly rate: number; readonly talkMs: number },
  use: (ends: Ends) => Promise<Value>,
): Promise<Value> {
  const folder = await mkdtemp(join(tmpdir(), "einwahl-calls-"));
  const node = await Node.start(folder, bench.nodePort);
  try {
    await bench.subject.eventLoop();
    const window = open(bench.subject);
    const callers = await Callers.start(folder, bench.subject.port, load);
    try {
      return await use({ node, callers, window });
    } finally {
      await callers.stop();
    }
  } finally {
    await node.stop();
    await rm(folder, { recursive: true, force: true });
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
  calls: readonly CallTimes[],
  callers: Callers,
  spent: Spent,
): Promise<Common> {
  const joinedAfterDigit = calls.flatMap(({ audio, joined }) =>
    audio === undefined || joined === undefined ? [] : [joined - audio - callers.lastDigitMs],
  );
  return {
    way: subject.way,
    media,
    run,
    failures: failuresOf(calls, callers.errors),
    seconds: spent.seconds,
    residentKb: mapParts(spent.after, ({ residentKb }) => residentKb),
    inviteToAnswer: percentilesOf(
      calls.flatMap(({ invited, answered }) => (answered === undefined ? [] : [answered - invited])),
    ),
    digitToConference: percentilesOf(joinedAfterDigit),
    eventLoop: await subject.eventLoop(),
    machineBusyPercent: spent.busyPercent,
  };
}

/** What is missing in calls, and the responses that sipp did not expect. */
export function failuresOf(calls: readonly CallTimes[], errors: string): Readonly<Record<string, number>> {
  const failures: Record<string, number> = {};
  const count = (reason: string): void => {
    failures[reason] = (failures[reason] ?? 0) + 1;
  };
  for (const { answered, joined, ended } of calls) {
    if (answered === undefined) count("not answered");
    else if (joined === undefined) count("not in the conference");
    else if (ended === undefined) count("BYE without response");
  }
  for (const [, status = ""] of errors.matchAll(/received 'SIP\/2\.0 (\d{3})/g)) count(`response ${status}`);
  return failures;
}

async function untilJoined(node: Node, callers: Callers, count: number): Promise<number> {
  const deadline = performance.now() + (count / heldRate) * 1_000 + joinWithinMs;
  for (;;) {
    const joined = readCalls(callers.log, node.log).filter((call) => call.joined !== undefined).length;
    if (joined >= count || performance.now() > deadline) return joined;
    await setTimeout(lookEveryMs);
  }
}

async function untilEmpty(subject: Subject): Promise<void> {
  const deadline = performance.now() + joinWithinMs;
  while ((await subject.channels()) > 0 && performance.now() < deadline) await setTimeout(lookEveryMs);
}
