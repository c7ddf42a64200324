import { setTimeout } from "node:timers/promises";

import t from "tap";

import { timeoutMs } from "../support/deadline.js";
import type { MemoryUsage } from "../support/probe/memory.js";
import { startEngines } from "./support/engines.js";
import { missingPrograms } from "./support/missing-programs.js";
import { scratchFolder } from "./support/scratch.js";
import { startCallers } from "./support/sipp/callers.js";
import { install, type Installation, silentForS } from "./support/sipp/installation.js";

/** The simulators share a processor with this test. */
const [calls, rate] = process.env["EINWAHL_TEST_ENGINES"] === "real" ? [200, 5] : [60, 3];
/** What a call may keep in einwahl's process while it is in a conference. */
const maxBytesPerCall = 100 * 1_024;
/** What may be left when all calls have ended: code that was compiled meanwhile. */
const maxBytesLeft = 2 * 1_048_576;
/** Calls before, so that connections, compiled code and caches are there. */
const warmUps = 60;
/** From the last digit, until the last caller is there and the memory is measured. */
const heldMs = 1_000 * (calls / rate) + 15_000;
const lookEveryMs = 500;
const transactionsMs = 30_000;

/** Calls in a conference, and in other stages; `undefined` while einwahl is too busy to tell. */
async function callsOf({
  einwahl,
}: Installation): Promise<{ readonly talking: number; readonly others: number } | undefined> {
  const metrics = await einwahl.metrics().catch(() => undefined);
  if (metrics === undefined) return undefined;
  let [talking, others] = [0, 0];
  for (const [, stage = "", count] of metrics.matchAll(/^einwahl_calls\{stage="([^"]*)"\} (\d+)$/gm)) {
    if (stage === "talking") talking += Number(count);
    else others += Number(count);
  }
  return { talking, others };
}

async function until(what: string, isSo: () => Promise<boolean>, ms: number): Promise<void> {
  const deadline = performance.now() + ms;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
    await setTimeout(lookEveryMs);
  }
}

const used = ({ heapUsed, external }: MemoryUsage): number => heapUsed + external;

t.setTimeout(240_000);

const name = `of ${calls} concurrent calls each keeps at most ${maxBytesPerCall / 1_024} kB in einwahl's process, and nothing later`;
await t.test(name, { skip: missingPrograms("sipp") }, async (t) => {
  const folder = await scratchFolder(t, "call-memory");
  const installation = await install(t, {
    folder,
    maxCalls: calls,
    engines: async (certificates, sounds) =>
      await startEngines(certificates, sounds, { bbbMediaTimeoutSec: silentForS }),
  });
  const { engines, probe } = installation;
  const over = async (): Promise<boolean> => {
    const now = await callsOf(installation);
    return now?.talking === 0 && now.others === 0;
  };

  // einwahl may refuse some on a busy machine.
  const first = await startCallers(t, { folder, engines, calls: warmUps, rate, stayMs: 500, atOnce: warmUps });
  await first.program.gone;
  await until("the first calls are over", over, timeoutMs);
  // Transactions of the first calls end (RFC 3261's timers, 32 s).
  await setTimeout(transactionsMs);
  const before = used(await probe.settled());

  const callers = await startCallers(t, { folder, engines, calls, rate, stayMs: heldMs, atOnce: calls });
  let held = 0;
  await until(
    "all callers are in a conference, or refused",
    async () => {
      const now = await callsOf(installation);
      held = now?.talking ?? 0;
      return now?.others === 0 && (await callers.counts()).created === calls;
    },
    heldMs,
  );
  t.ok(held >= calls / 2, `${held} of ${calls} calls`);
  const during = used(await probe.settled());
  t.equal((await callsOf(installation))?.talking, held, "all calls are still there");
  const each = (during - before) / held;
  t.comment(`${(each / 1_024).toFixed(1)} kB for each of ${held} calls`);
  t.ok(each > 0 && each < maxBytesPerCall, `${(each / 1_024).toFixed(1)} kB per call`);

  await callers.program.gone;
  await until("all calls are over", over, timeoutMs);
  await setTimeout(transactionsMs);
  const left = used(await probe.settled()) - before;
  t.comment(`${(left / 1_024).toFixed(0)} kB in all after them`);
  t.ok(left < maxBytesLeft, `${(left / 1_024).toFixed(0)} kB after the calls`);
});
