import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { cpus, release } from "node:os";
import { join } from "node:path";
import process from "node:process";

import { type Certificates, makeCertificates } from "../../../src/simulators/certificates.js";
import { missingIn } from "../../engines/programs.js";
import { compare } from "./compare.js";
import { freeswitchTraffic } from "./freeswitch-traffic.js";
import { type Bench, idle, measureHeld, measureSetUp, warm } from "./measure.js";
import { help, type Media, type Options, readOptions, type Way } from "./options.js";
import { plot } from "./plot.js";
import { coreSpeed } from "./processes.js";
import { startRecipe } from "./recipe.js";
import { report } from "./report.js";
import type { Idle, Results, Stage } from "./result.js";
import { sippTraffic } from "./sipp-traffic.js";
import type { Subject } from "./subject.js";
import { startWithEinwahl } from "./with-einwahl.js";

const programs = ["drachtio", "freeswitch", "sipp", "setpriv", "stdbuf"] as const;
const install =
  'drachtio and freeswitch: Dockerfile.engines, or README, "Test it"; sipp: apt-get install sip-tester; setpriv: util-linux';
/** A series of rising rates ends where calls fail or the machine is full. */
const maxFailedShare = 0.01;
const fullPercent = 97;

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function start(way: Way, certificates: Certificates, media: Media, nodePort: number): Promise<Subject> {
  return way === "recipe"
    ? await startRecipe(certificates, media, nodePort)
    : await startWithEinwahl(certificates, media, nodePort);
}

/** @param earlier results to which the runs are added */
async function measure(options: Options, earlier: Results | undefined): Promise<Results> {
  const certificates = await makeCertificates();
  const idles: Idle[] = [...(earlier?.idle ?? [])];
  const stages: Stage[] = [...(earlier?.stages ?? [])];
  const speeds: number[] = [...(earlier?.machine.sha256MbPerSecond ?? [])];
  const first = Math.max(0, ...idles.map(({ run }) => run)) + 1;
  for (let run = first; run < first + options.runs; run++) {
    speeds.push(coreSpeed());
    for (const media of options.media) {
      for (const way of options.ways) {
        const traffic = media === "srtp" ? await freeswitchTraffic(certificates) : await sippTraffic();
        try {
          const subject = await start(way, certificates, media, traffic.nodePort);
          try {
            await series({ subject, media, run, traffic }, options, idles, stages);
          } finally {
            await subject.close();
          }
        } finally {
          await traffic.close();
        }
      }
    }
  }
  const [cpu] = cpus();
  return {
    date: new Date().toISOString(),
    machine: {
      cpu: cpu?.model ?? "unknown",
      cores: cpus().length,
      kernel: release(),
      node: process.version,
      sha256MbPerSecond: speeds,
    },
    seconds: options.seconds,
    idle: idles,
    stages,
  };
}

async function series(bench: Bench, options: Options, idles: Idle[], stages: Stage[]): Promise<void> {
  await warm(bench);
  const base = await idle(bench);
  idles.push(base);
  const done = (stage: Stage): void => {
    stages.push(stage);
    const cpu = Object.entries(stage.cpu).map(([part, value]) => `${part} ${value.toFixed(2)}`);
    const unit = stage.kind === "setup" ? "ms a call" : "% of a core a call";
    const load = stage.kind === "setup" ? `${stage.load} calls a second` : `${stage.load} calls held`;
    print(`run ${bench.run}, ${bench.media}, ${stage.way}, ${load}: ${cpu.join(", ")} (${unit})${failedText(stage)}`);
  };
  // First, and from few to many: memory that later calls free would hide what they take.
  for (const count of options.held) done(await measureHeld(bench, count, options.seconds, base));
  for (const rate of options.rates) {
    const stage = await measureSetUp(bench, rate, options.seconds, base);
    done(stage);
    if (failedCalls(stage) > stage.calls * maxFailedShare || stage.machineBusyPercent > fullPercent) break;
  }
}

function failedCalls({ failures }: Stage): number {
  return Object.values(failures).reduce((sum, count) => sum + count, 0);
}

function failedText(stage: Stage): string {
  const failed = failedCalls(stage);
  return failed === 0 ? "" : `; ${failed} of ${stage.calls} calls failed: ${JSON.stringify(stage.failures)}`;
}

async function run(options: Options): Promise<void> {
  const missing = missingIn(programs);
  if (missing !== undefined) {
    process.stderr.write(`${missing}\n${install}\n`);
    process.exitCode = 69;
    return;
  }
  const file = join(options.out, "result.json");
  const earlier = options.write === "append" && existsSync(file) ? await readResults(file) : undefined;
  const results = await measure(options, earlier);
  const text = report(results);
  print(text);
  await mkdir(options.out, { recursive: true });
  await writeFile(file, JSON.stringify(results, null, 2));
  await writeFile(join(options.out, "result.md"), text);
  const image = plot(results);
  if (image !== undefined) await writeFile(join(options.out, "result.svg"), image);
  print(`result.json, result.md and result.svg are in ${options.out}`);
}

async function readResults(path: string): Promise<Results> {
  return JSON.parse(await readFile(path, "utf8")) as Results;
}

const task = readOptions(process.argv.slice(2));
if (!task.ok) {
  process.stderr.write(`${task.failure}\n${help}`);
  process.exitCode = 64;
} else {
  switch (task.value.kind) {
    case "help":
      print(help);
      break;
    case "compare":
      print(compare(await readResults(task.value.before), await readResults(task.value.after)));
      break;
    case "run":
      await run(task.value.options);
  }
}
