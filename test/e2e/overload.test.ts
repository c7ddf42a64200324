import { setTimeout } from "node:timers/promises";

import t, { type Test } from "tap";

import type { TestPhone } from "../../src/softphone/test-phone.js";
import { readSamples, sumOf } from "../monitoring/metrics/exposition.js";
import type { EmbeddedEngines } from "./support/embedded-engines.js";
import { startEngines } from "./support/engines.js";
import { talk, Tones } from "./support/talk.js";
import { withCalls, World } from "./support/world.js";

const isReal = process.env["EINWAHL_TEST_ENGINES"] === "real";
/** Numbers of different callers: a number may have three calls. */
const numberOf = (index: number): string => `+4915223125${String(100 + index)}`;
/** A refusal reaches the caller in this time, milliseconds; the test's phones are in the same process. */
const refusedWithinMs = 1_000;

interface StrainedWorld {
  readonly world: World;
  readonly phone: TestPhone;
  readonly strain: EmbeddedEngines["strain"];
}

async function strained(t: Test): Promise<StrainedWorld> {
  const { startEmbeddedEngines } = await import("./support/embedded-engines.js");
  let engines: EmbeddedEngines | undefined;
  const world = await World.start(t, {
    line: "straight",
    settings: withCalls({ min_idle_cpu: 10 }),
    engines: async (certificates, sounds) => {
      engines = await startEmbeddedEngines(certificates, sounds);
      // Not this machine's, which tests keep busy.
      engines.strain.idlePercent = 95;
      return engines;
    },
  });
  if (engines === undefined) throw new Error("a world has engines");
  return { world, phone: await world.phone(), strain: engines.strain };
}

/** The log line of a change of the media server's load. */
async function untilLogged(world: World, change: () => void, text: RegExp): Promise<string> {
  const logged = world.log.next(`the log line ${String(text)}`, (line) => text.test(line), {
    evidence: () => world.tail(),
  });
  change();
  return await logged;
}

/** The number of new calls falls by 40 % a second, down to one a second. */
async function untilOneCallASecond(world: World): Promise<void> {
  for (let looks = 0; looks < 200; looks++) {
    const metrics = await (await fetch(`http://127.0.0.1:${world.einwahl.operatorsPort}/metrics`)).text();
    if (sumOf(readSamples(metrics), "einwahl_media_server_new_calls_limit") === 1) return;
    await setTimeout(100);
  }
  throw new Error("more than one call a second after 20 s");
}

/** Status and Retry-After of a call, which hangs up if it is answered. */
async function attempt({ world, phone }: StrainedWorld, index: number): Promise<{ status: number; ms: number }> {
  const begin = performance.now();
  const call = await phone.dial({ ...world.line(), number: numberOf(index) });
  const answered = await call.answered;
  const ms = performance.now() - begin;
  if (answered.ok) await call.hangUp();
  return { status: answered.ok ? 200 : answered.failure.status, ms };
}

const busy = /media server is busy/;
const free = /media server is no longer busy/;

await t.test(
  "a host without idle CPU gets one call a second, and at once all again",
  { skip: isReal && "the simulator tells the idle CPU", timeout: 120_000 },
  async (t) => {
    const all = await strained(t);
    const { world, phone, strain } = all;
    const tones = new Tones(world, await talk(world, phone, { number: numberOf(0) }));
    t.match(await untilLogged(world, () => (strain.idlePercent = 2), busy), /"load":"cpu","idlePercent":2/);
    t.match(world.einwahl.status().mediaServers, [{ state: "up", load: "cpu", idleCpu: 2 }]);
    await untilOneCallASecond(world);

    const refused = world.reports.next("the report of a refused call", ({ cause }) => cause === "overloaded");
    const outcomes = await Promise.all([1, 2, 3, 4, 5, 6].map((index) => attempt(all, index)));
    const refusals = outcomes.filter(({ status }) => status === 503);
    t.ok(refusals.length >= 4, `refused: ${refusals.length} of 6`);
    t.equal(outcomes.length - refusals.length, outcomes.filter(({ status }) => status === 200).length);
    for (const { ms } of refusals) t.ok(ms < refusedWithinMs, `refused after ${ms.toFixed(0)} ms`);
    t.match(await refused, { mediaServer: undefined, trunk: "line" }, "for which no media server was asked");
    await tones.bothWays(t, "during the overload");

    await untilLogged(world, () => (strain.idlePercent = 80), free);
    t.strictSame(
      (await Promise.all([7, 8, 9, 10, 11, 12].map((index) => attempt(all, index)))).map(({ status }) => status),
      [200, 200, 200, 200, 200, 200],
    );
    t.strictSame(world.complaints([numberOf(1).slice(3)]), []);
  },
);

await t.test(
  "a media server that answers slowly gets no new call, and keeps those that are up",
  { skip: isReal && "the simulator is slow on demand", timeout: 120_000 },
  async (t) => {
    const all = await strained(t);
    const { world, phone, strain } = all;
    const tones = new Tones(world, await talk(world, phone, { number: numberOf(0) }));
    t.match(await untilLogged(world, () => (strain.delayMs = 400), busy), /"load":"slow"/);
    t.equal((await attempt(all, 1)).status, 503);
    t.match(world.einwahl.health(), { state: "full", reasons: ["all media servers that are up are overloaded"] });
    await tones.bothWays(t, "during the overload");
    await untilLogged(world, () => (strain.delayMs = 0), free);
    t.equal((await attempt(all, 2)).status, 200);
  },
);

await t.test("the idle CPU of the media server's host is known", async (t) => {
  const world = await World.start(t, { line: "straight", engines: startEngines });
  const [media] = world.einwahl.status().mediaServers;
  t.ok(media?.idleCpu != null && media.idleCpu >= 0 && media.idleCpu <= 100, `idle CPU: ${String(media?.idleCpu)} %`);
});
