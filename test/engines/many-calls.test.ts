import { join } from "node:path";
import process from "node:process";
import { setTimeout } from "node:timers/promises";

import t, { type Test } from "tap";

import type { TestPhone } from "../../src/softphone/test-phone.js";
import { EinwahlProcess } from "../e2e/support/parts/einwahl-process.js";
import { freePorts } from "../e2e/support/ports.js";
import { scratchFolder } from "../e2e/support/scratch.js";
import { conferences, numbers, withPollInterval, World } from "../e2e/support/world.js";
import { MemoryProbe, probed } from "../support/probe/memory.js";
import { missingEngines } from "./programs.js";
import type { RealEngines } from "./real-engines.js";

const calls = 500;
const atATime = 10;
const patience = 30_000;
/** drachtio updates its statistics every 30 s. */
const drachtioCountsWithin = 70_000;
const lookEvery = 1_000;
/** MB of einwahl's process, compiled code included. With a FreeSWITCH connection leaked per call it is 35. */
const maxGrowth = 5;
const skip =
  process.env["EINWAHL_TEST_ENGINES"] === "real" ? (missingEngines() ?? false) : "only with npm run test:engines";

t.setTimeout(900_000);

/** Joins and leaves the conference; returns the caller's name in it. */
async function call(world: World, phone: TestPhone, at: number): Promise<string> {
  const index = at % 2 === 0 ? 0 : 1;
  const { pin } = conferences[index];
  const last4 = String(1_000 + at);
  const joined = new Promise<void>((resolve) => {
    const off = world.bbbs[index].onJoin((member) => {
      if (member.name !== last4) return;
      off();
      resolve();
    });
  });
  const made = await phone.dial({ uri: world.sipUri(numbers.german), number: `+491522312${last4}` });
  const answered = await made.answered;
  if (!answered.ok) return `refused: ${answered.failure.status} ${answered.failure.reason}`;
  await made.audio.waitForSound(patience);
  await made.sendDigits(pin);
  const outcome = await Promise.race([
    joined.then(() => "joined"),
    made.ended.then((end) => `ended by ${end.by}: ${end.reason ?? ""}`),
  ]);
  await made.hangUp();
  return outcome;
}

interface Measured {
  readonly world: World;
  readonly einwahl: EinwahlProcess;
  /** Memory of einwahl's process in use, including socket buffers, in bytes. */
  readonly memory: () => Promise<number>;
}

/** einwahl runs in a process of its own: phones and sample BBBs keep more memory than it does. */
async function start(t: Test): Promise<Measured> {
  const [port, operatorsPort = 0] = await freePorts(2);
  const world = await World.start(t, {
    line: "straight",
    einwahl: "elsewhere",
    released: "unchecked",
    settings: (settings) => ({
      ...withPollInterval("1s")(settings),
      http: { port, operators_port: operatorsPort },
    }),
  });
  const socket = join(await scratchFolder(t, "probe"), "socket");
  const { settingsFile } = world;
  const einwahl = new EinwahlProcess({
    settingsFile,
    operatorsPort,
    log: () => undefined,
    probed: probed(socket),
  });
  t.teardown(() => einwahl.end("SIGKILL"));
  await einwahl.start();
  const probe = new MemoryProbe(socket);
  const memory = async (): Promise<number> => {
    const { heapUsed, external } = await probe.settled();
    return heapUsed + external;
  };
  return { world, einwahl, memory };
}

/** drachtio's counts, once 0 or after `drachtioCountsWithin`. */
async function drachtioDialogs(engines: RealEngines): Promise<number> {
  const deadline = performance.now() + drachtioCountsWithin;
  for (;;) {
    const counts = [...(await engines.drachtioMetrics()).matchAll(/^drachtio_stable_dialogs\{[^}]*\} (\d+)/gm)];
    const dialogs = counts.reduce((sum, [, count]) => sum + Number(count), 0);
    if (dialogs === 0 || performance.now() > deadline) return dialogs;
    await setTimeout(lookEvery);
  }
}

await t.test(`after ${calls} calls the engines and einwahl use no more resources than before`, { skip }, async (t) => {
  const { world, einwahl, memory } = await start(t);
  const phone = await world.phone({ maxRecordingMs: 1_000 });
  const round = async (first: number): Promise<string[]> =>
    await Promise.all(Array.from({ length: atATime }, async (_, place) => await call(world, phone, first + place)));
  // Excludes connections and buffers kept for later calls.
  for (let first = 0; first < 5 * atATime; first += atATime) await round(first);
  const before = await world.settled();
  const memoryBefore = await memory();

  const outcomes = new Map<string, number>();
  for (let first = 0; first < calls; first += atATime) {
    for (const outcome of await round(first)) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  t.strictSame(Object.fromEntries(outcomes), { joined: calls });
  t.strictSame(await world.leftBehind(before, { ms: 60_000 }), {}, "channels, members, connections");
  t.notMatch(await einwahl.metrics(), /^einwahl_calls\{.*\} [1-9]/m, "einwahl's own count of calls");
  t.equal(await drachtioDialogs(world.engines as RealEngines), 0, "drachtio's own count of dialogs");
  const grown = ((await memory()) - memoryBefore) / 1_048_576;
  t.ok(grown < maxGrowth, `${grown.toFixed(1)} MB more memory in einwahl's process`);
});
