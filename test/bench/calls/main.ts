import { mkdir, writeFile } from "node:fs/promises";
import { cpus, release } from "node:os";
import { join } from "node:path";
import process from "node:process";

import { type Certificates, makeCertificates } from "../../../src/simulators/certificates.js";
import { freePort } from "../../e2e/support/ports.js";
import { missingIn } from "../../engines/programs.js";
import { type Bench, idle, measureHeld, measureSetUp, warm } from "./measure.js";
import { help, type Media, type Options, readOptions, type Way } from "./options.js";
import { startRecipe } from "./recipe.js";
import type { Idle, Results, Stage } from "./result.js";
import type { Subject } from "./subject.js";
import { startWithEinwahl } from "./with-einwahl.js";

const programs = ["drachtio", "freeswitch", "sipp", "setpriv"] as const;
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

async function measure(options: Options): Promise<Results> {
  const certificates = await makeCertificates();
  const idles: Idle[] = [];
  const stages: Stage[] = [];
  for (let run = 1; run <= options.runs; run++) {
    for (const media of options.media) {
      for (const way of options.ways) {
        const nodePort = await freePort();
        const subject = await start(way, certificates, media, nodePort);
        try {
          await series({ subject, media, run, nodePort }, options, idles, stages);
        } finally {
          await subject.close();
        }
      }
    }
  }
  const [cpu] = cpus();
  return {
    date: new Date().toISOString(),
    machine: { cpu: cpu?.model ?? "unknown", cores: cpus().length, kernel: release(), node: process.version },
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
    print(JSON.stringify(stage));
  };
  for (const rate of options.rates) {
    const stage = await measureSetUp(bench, rate, options.seconds, base);
    done(stage);
    const failed = Object.values(stage.failures).reduce((sum, count) => sum + count, 0);
    if (failed > stage.calls * maxFailedShare || stage.machineBusyPercent > fullPercent) break;
  }
  for (const count of options.held) done(await measureHeld(bench, count, options.seconds, base));
}

const task = readOptions(process.argv.slice(2));
if (!task.ok) {
  process.stderr.write(`${task.failure}\n${help}`);
  process.exitCode = 64;
} else if (task.value.kind === "help") {
  print(help);
} else if (task.value.kind === "run") {
  const missing = missingIn(programs);
  if (missing === undefined) {
    const { options } = task.value;
    const results = await measure(options);
    await mkdir(options.out, { recursive: true });
    await writeFile(join(options.out, "result.json"), JSON.stringify(results, null, 2));
  } else {
    process.stderr.write(`${missing}\n${install}\n`);
    process.exitCode = 69;
  }
}
