import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, release, setPriority, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";

import { makeCertificates } from "../../../src/simulators/certificates.js";
import { freePort } from "../../e2e/support/ports.js";
import { missingIn } from "../../engines/programs.js";
import { startWithEinwahl } from "../calls/with-einwahl.js";
import { Flood, startEcho } from "./flood.js";
import { kernelDrops } from "./kernel-drops.js";
import { draw } from "./plot.js";
import { type Attempt, type Outcome, type Plan, report } from "./report.js";
import { SteadyCalls } from "./steady-calls.js";
import { Timeline } from "./timeline.js";

const usage = `npm run bench:overload -- [--calls N] [--rate N] [--seconds N] [--talk N] [--out DIR]
  --calls    calls that are up before the flood, and stay (50)
  --rate     new calls a second in the flood (40)
  --seconds  length of the flood (30)
  --talk     seconds that an answered call of the flood stays (12: without audio of their own BBB ends them after 15)
`;
const programs = ["drachtio", "freeswitch", "sipp", "setpriv", "nice"] as const;
const phases = { before: 1, flood: 2, after: 3 } as const;
/** Calls that are brought up at the same time. */
const atATime = 5;
/** The niceness of this process; needs root. */
const beforeEngines = -15;
const settleMs = 5_000;
const beforeMs = 10_000;
const afterMs = 15_000;
/** Interval of the callers whose answers are timed in this process, in milliseconds. */
const tryEveryMs = 250;
/** The flood's callers have smaller numbers, the steady ones larger. */
const firstTry = 8_000;

const { values } = parseArgs({
  options: {
    calls: { type: "string", default: "50" },
    rate: { type: "string", default: "40" },
    seconds: { type: "string", default: "30" },
    talk: { type: "string", default: "12" },
    out: { type: "string", default: "bench-overload" },
  },
});
const plan: Plan = {
  calls: Number(values.calls),
  rate: Number(values.rate),
  seconds: Number(values.seconds),
  talkSeconds: Number(values.talk),
};
const missing = missingIn(programs);
if (Object.values(plan).some((value) => !Number.isInteger(value) || value < 1) || missing !== undefined) {
  process.stderr.write(`${missing ?? usage}\n`);
  process.exitCode = 64;
} else {
  const folder = await mkdtemp(join(tmpdir(), "einwahl-overload-"));
  try {
    const outcome = await measure(folder);
    await mkdir(values.out, { recursive: true });
    const text = report(outcome);
    await writeFile(join(values.out, "result.json"), JSON.stringify(outcome, null, 2));
    await writeFile(join(values.out, "result.md"), text);
    await writeFile(join(values.out, "plot.svg"), draw(outcome));
    process.stdout.write(text);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(folder: string): Promise<Outcome> {
  const nodePort = await freePort();
  const subject = await startWithEinwahl(await makeCertificates(), "plain", nodePort, "refused");
  const echo = await startEcho(folder);
  const steady = await SteadyCalls.open(subject.port, nodePort, echo.port);
  // Callers and conferences are on other machines in production: the engines don't delay their audio there.
  setPriority(beforeEngines);
  const timeline = new Timeline(subject);
  let flood: Flood | undefined;
  try {
    for (let call = 0; call < plan.calls; call += atATime)
      await Promise.all(Array.from({ length: Math.min(atATime, plan.calls - call) }, () => steady.add()));
    await setTimeout(settleMs);
    steady.enter(phases.before);
    await setTimeout(beforeMs);

    const dropsBefore = kernelDrops();
    steady.enter(phases.flood);
    timeline.begin();
    flood = await Flood.start(folder, subject.port, { ...plan, talkMs: plan.talkSeconds * 1_000 });
    const attempts = await tryFor(steady, firstTry, plan.seconds * 1_000);
    steady.enter(phases.after);
    const recovery = await recover(steady, firstTry + attempts.length);
    await setTimeout(afterMs);
    const [cpu] = cpus();
    return {
      date: new Date().toISOString(),
      machine: { cpu: cpu?.model ?? "unknown", cores: cpus().length, kernel: release(), node: process.version },
      plan,
      flood: flood.calls,
      attempts,
      recoveryMs: recovery,
      steadyEnded: steady.ended,
      kernelDrops: kernelDrops() - dropsBefore,
      audio: {
        before: steady.audio(phases.before),
        flood: steady.audio(phases.flood),
        after: steady.audio(phases.after),
      },
      seconds: timeline.seconds,
    };
  } finally {
    timeline.stop();
    await flood?.stop();
    await steady.close();
    await echo.program.stop("SIGKILL");
    await subject.close();
  }
}

/** Callers from this process, one after the other: sipp's own times are late on a full machine. */
async function tryFor(steady: SteadyCalls, first: number, ms: number): Promise<readonly Attempt[]> {
  const attempts: Promise<Attempt>[] = [];
  const end = performance.now() + ms;
  for (let index = first; performance.now() < end; index++) {
    attempts.push(steady.tryOne(index));
    await setTimeout(tryEveryMs);
  }
  return await Promise.all(attempts);
}

/** Milliseconds until a call is answered again; `undefined`: none was. */
async function recover(steady: SteadyCalls, first: number): Promise<number | undefined> {
  const begin = performance.now();
  const mostTries = 100;
  for (let index = first; index < first + mostTries; index++) {
    const { status } = await steady.tryOne(index);
    if (status === 200) return performance.now() - begin;
    await setTimeout(tryEveryMs);
  }
  return undefined;
}
