import type { Installation } from "../../e2e/support/sipp/installation.js";
import type { Sipp } from "../../e2e/support/sipp/sipp.js";
import type { RealEngines } from "../../engines/real-engines.js";
import { findProcess, type Usage, usageOf } from "../calls/processes.js";

/** One look at all parts. Memory in bytes. */
export interface Sample {
  /** Since the first call, in seconds. */
  readonly seconds: number;
  /** Ended calls so far. */
  readonly calls: number;
  readonly failed: number;
  /** That have reached a conference, those in progress included. */
  readonly joined: number;
  /** In progress. */
  readonly current: number;
  /** Resident memory of each process. */
  readonly rss: Readonly<Record<"einwahl" | "freeswitch" | "drachtio", number>>;
  /** Processor time of each process since its start, in milliseconds. */
  readonly cpuMs: Readonly<Record<"einwahl" | "freeswitch" | "drachtio", number>>;
  /** einwahl's event loop's delay since the last sample, in milliseconds. */
  readonly delayMs: Readonly<Record<"p50" | "p99" | "max", number>>;
  /** einwahl's heap, and what is outside it, after a full garbage collection; only in some samples. */
  readonly kept?: { readonly heapUsed: number; readonly external: number; readonly rss: number };
}

const bytesPerKilobyte = 1_024;
const resident = ({ residentKb }: Usage): number => residentKb * bytesPerKilobyte;

/** `undefined` while einwahl is too busy to answer. @param collected whether to collect einwahl's garbage first */
export async function takeSample(
  { engines, einwahl, probe, node }: Installation<RealEngines>,
  caller: Sipp,
  seconds: number,
  collected: boolean,
): Promise<Sample | undefined> {
  const metrics = await einwahl.metrics().catch(() => undefined);
  if (metrics === undefined && einwahl.isRunning) return undefined;
  if (metrics === undefined) throw new Error(`einwahl has ended\n${einwahl.tail()}`);
  const kept = collected ? await probe.settled() : undefined;
  const own = usageOf(einwahl.pid);
  const freeswitch = usageOf(findProcess(engines.freeswitch.pid, "freeswitch"));
  const drachtio = usageOf(findProcess(engines.drachtio.pid, "drachtio"));
  const { successful, failed, current } = await caller.counts();
  const delay = (name: string): number => metric(metrics, `nodejs_eventloop_lag_${name}_seconds`) * 1_000;
  return {
    seconds,
    calls: successful + failed,
    failed,
    joined: (await node.counts()).created,
    current,
    rss: { einwahl: resident(own), freeswitch: resident(freeswitch), drachtio: resident(drachtio) },
    cpuMs: { einwahl: own.cpuMs, freeswitch: freeswitch.cpuMs, drachtio: drachtio.cpuMs },
    delayMs: { p50: delay("p50"), p99: delay("p99"), max: delay("max") },
    ...(kept !== undefined && { kept: { heapUsed: kept.heapUsed, external: kept.external, rss: kept.rss } }),
  };
}

/** The value of a metric without labels; NaN if there is none. @param text of Prometheus */
export function metric(text: string, name: string): number {
  const line = text.split("\n").find((each) => each.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1) ?? "NaN");
}

/** Ended calls by cause. @param text einwahl's metrics */
export function endCauses(text: string): Readonly<Record<string, number>> {
  const causes: Record<string, number> = {};
  for (const [, labels = "", count = "0"] of text.matchAll(/^einwahl_calls_total\{([^}]*)\} (\d+)$/gm)) {
    const cause = /cause="([^"]*)"/.exec(labels)?.[1] ?? "";
    if (Number(count) > 0) causes[cause] = (causes[cause] ?? 0) + Number(count);
  }
  return causes;
}
