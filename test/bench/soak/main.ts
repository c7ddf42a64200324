import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout } from "node:timers/promises";

import { startCallers } from "../../e2e/support/sipp/callers.js";
import { install, type Installation } from "../../e2e/support/sipp/installation.js";
import type { Sipp } from "../../e2e/support/sipp/sipp.js";
import { missingIn } from "../../engines/programs.js";
import { type RealEngines, startRealEngines } from "../../engines/real-engines.js";
import { Closers } from "../support/closers.js";
import { growth, warmUpCalls } from "./growth.js";
import { readOptions, type SoakOptions, usage } from "./options.js";
import { plot } from "./plot.js";
import { endCauses, type Sample, takeSample } from "./sample.js";

/** EX_USAGE and EX_UNAVAILABLE of sysexits.h. */
const exitCodes = { ok: 0, grown: 1, usage: 64, unavailable: 69 } as const;
/** More than a call's length. */
const secondsPerCall = 15;
const sampleEveryMs = 10_000;
const drainMs = 20_000;
const rateLookMs = 250;
/** From the last digit to the caller's BYE. */
const stayMs = 1_000;
/** Garbage collections in a run. */
const collections = 100;
/** Of pauses and slow machines: so many times the planned duration. */
const patience = 20;
/** The last calls' timers and transactions end (RFC 3261's timers, 32 s). */
const restMs = 40_000;
/** Growth of memory in use, or of resident memory, that a run may show, in bytes. */
const allowed = { heap: 2 * 1_048_576, rss: 10 * 1_048_576 } as const;

async function run(options: SoakOptions): Promise<number> {
  const missing = missingIn(["drachtio", "freeswitch", "sipp"]);
  if (missing !== undefined) {
    process.stderr.write(
      `${missing} (sipp is Debian's sip-tester; docs/operations.md, section 5, names the engines)\n`,
    );
    return exitCodes.unavailable;
  }
  const closers = new Closers();
  const folder = await mkdtemp(join(tmpdir(), "einwahl-soak-"));
  closers.teardown(() => rm(folder, { recursive: true, force: true }));
  try {
    await mkdir(options.out, { recursive: true });
    const { calls, rate } = options;
    const atOnce = Math.ceil(rate * secondsPerCall);
    const installation = await install(closers, {
      folder,
      maxCalls: atOnce,
      engines: async (certificates, sounds) => await startRealEngines(certificates, sounds),
    });
    const caller = await startCallers(closers, { folder, engines: installation.engines, calls, rate, stayMs, atOnce });
    return await watch(installation, caller, options);
  } finally {
    await closers.close();
  }
}

/** Samples until all calls have ended; returns the exit code. */
async function watch(installation: Installation<RealEngines>, caller: Sipp, options: SoakOptions): Promise<number> {
  const { einwahl, probe } = installation;
  const began = performance.now();
  const deadline = began + (patience * options.calls * 1_000) / options.rate;
  const samples: Sample[] = [];
  const warmUp = Math.min(warmUpCalls, options.calls / 5);
  let [nextCollection, nextSample] = [0, began];
  let snapshot: "wanted" | "done" = options.snapshots ? "wanted" : "done";
  const look = async (collected: boolean): Promise<void> => {
    const sample = await takeSample(installation, caller, (performance.now() - began) / 1_000, collected);
    if (sample === undefined) return;
    samples.push(sample);
    await save(options, samples, {});
    process.stdout.write(`${line(sample)}\n`);
  };
  while (!caller.program.isGone && performance.now() < deadline) {
    await setTimeout(rateLookMs);
    await caller.setRate(await currentRate(options));
    if (performance.now() < nextSample) continue;
    nextSample = performance.now() + sampleEveryMs;
    const { successful, failed } = await caller.counts();
    const calls = successful + failed;
    const isCollecting = calls >= nextCollection;
    // Calls in progress would count as growth.
    if (isCollecting) await drained(caller);
    await look(isCollecting);
    while (nextCollection <= calls) nextCollection += options.calls / collections;
    if (snapshot === "done" || calls < warmUp) continue;
    snapshot = "done";
    await probe.snapshot(join(options.out, "early.heapsnapshot"));
  }
  await setTimeout(restMs);
  await look(true);
  if (options.snapshots) await probe.snapshot(join(options.out, "late.heapsnapshot"));
  const causes = endCauses(await einwahl.metrics());
  await save(options, samples, causes);
  return verdict(samples, warmUp, causes);
}

/** Makes no new calls, and waits until the current ones have ended. */
async function drained(caller: Sipp): Promise<void> {
  await caller.setRate(0);
  const deadline = performance.now() + drainMs;
  while ((await caller.counts()).current > 0 && performance.now() < deadline) await setTimeout(rateLookMs);
}

/** Calls per second now. */
async function currentRate({ rate, rateFile }: SoakOptions): Promise<number> {
  if (rateFile === undefined) return rate;
  const wanted = Number((await readFile(rateFile, "utf8").catch(() => "")).trim() || Number.NaN);
  return wanted >= 0 && wanted <= rate ? wanted : rate;
}

async function save(
  options: SoakOptions,
  samples: readonly Sample[],
  causes: Readonly<Record<string, number>>,
): Promise<void> {
  const { calls, rate } = options;
  await writeFile(join(options.out, "soak.json"), JSON.stringify({ calls, rate, causes, samples }));
  await writeFile(join(options.out, "soak.svg"), plot(samples));
}

const megabytes = (bytes: number): string => (bytes / 1_048_576).toFixed(1);

function line({ seconds, calls, failed, joined, current, kept, rss, cpuMs, delayMs }: Sample): string {
  const cpu = Object.entries(cpuMs).map(([name, ms]) => `${name} ${calls === 0 ? "-" : (ms / calls).toFixed(1)}`);
  return [
    `${seconds.toFixed(0)} s: ${calls} calls, ${failed} failed, ${joined} joined, ${current} now`,
    `einwahl ${megabytes(rss.einwahl)} MB resident${kept ? `, heap ${megabytes(kept.heapUsed)} + ${megabytes(kept.external)} MB` : ""}`,
    `FreeSWITCH ${megabytes(rss.freeswitch)} MB, drachtio ${megabytes(rss.drachtio)} MB`,
    `ms per call: ${cpu.join(", ")}`,
    `loop delay ${delayMs.p99.toFixed(1)} ms (p99)`,
  ].join("; ");
}

function verdict(samples: readonly Sample[], warmUp: number, causes: Readonly<Record<string, number>>): number {
  const last = samples.at(-1);
  if (last === undefined) return exitCodes.grown;
  process.stdout.write(
    `${last.calls} calls, ${last.failed} failed, ${last.joined} joined; ended by ${JSON.stringify(causes)}\n`,
  );
  const heap = growth(samples, ({ heapUsed, external }) => heapUsed + external, warmUp);
  const rss = growth(samples, (kept) => kept.rss, warmUp);
  if (heap === undefined || rss === undefined) return exitCodes.ok;
  for (const [name, { early, late, grown }] of Object.entries({ "heap and buffers": heap, "resident memory": rss }))
    process.stdout.write(
      `${name}: ${megabytes(early)} MB early, ${megabytes(late)} MB at the end: ${megabytes(grown)} MB more\n`,
    );
  return heap.grown > allowed.heap || rss.grown > allowed.rss ? exitCodes.grown : exitCodes.ok;
}

const options = readOptions(process.argv.slice(2));
if (options.ok) process.exitCode = await run(options.value);
else {
  process.stderr.write(`${options.failure}\n\n${usage}`);
  process.exitCode = exitCodes.usage;
}
