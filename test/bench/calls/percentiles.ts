/** Nearest rank. `undefined` without values. @param share 0 to 1 */
export function percentile(values: readonly number[], share: number): number | undefined {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}

export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export function percentilesOf(values: readonly number[]): Percentiles | undefined {
  const [p50, p95, p99] = [percentile(values, 0.5), percentile(values, 0.95), percentile(values, 0.99)];
  return p50 === undefined || p95 === undefined || p99 === undefined ? undefined : { p50, p95, p99 };
}

/** The spread over runs. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** `undefined` without values. The median of an even number of values is the mean of the middle two. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = [...values].sort((left, right) => left - right);
  const [min, max] = [sorted[0], sorted.at(-1)];
  const middle = (sorted.length - 1) / 2;
  const [low, high] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]];
  if (min === undefined || max === undefined || low === undefined || high === undefined) return undefined;
  return { min, median: (low + high) / 2, max };
}
