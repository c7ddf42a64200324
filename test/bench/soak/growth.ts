import type { Sample } from "./sample.js";

/** Bytes after a garbage collection: early in the run, at its end, and the difference. */
export interface Growth {
  readonly early: number;
  readonly late: number;
  readonly grown: number;
}

/** By then connections, compiled code and caches are there. */
export const warmUpCalls = 5_000;
/** Samples of which the median counts. */
const looks = 5;

/**
 * How much memory has grown from the first samples after `warmUp` calls to the last ones.
 * Undefined with too few samples.
 */
export function growth(
  samples: readonly Sample[],
  of: (kept: NonNullable<Sample["kept"]>) => number,
  warmUp: number,
): Growth | undefined {
  const kept = samples.flatMap((sample) => (sample.kept === undefined ? [] : [{ ...sample, kept: sample.kept }]));
  const warm = kept.filter(({ calls }) => calls >= warmUp);
  if (warm.length < 2 * looks) return undefined;
  const early = median(warm.slice(0, looks).map((sample) => of(sample.kept)));
  const late = median(warm.slice(-looks).map((sample) => of(sample.kept)));
  return { early, late, grown: late - early };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
