import type { Clock } from "../util/clock.js";

interface Bucket {
  /** Wrong PINs at this instance, and at all instances as last reported by the store. */
  readonly own: number;
  readonly shared: number;
  /** Time of the monotonic clock. */
  readonly until: number;
}

/** Counts of wrong PINs in memory, each for a window that starts with the first. Bounded. */
export class GuessBuckets {
  readonly #clock: Clock;
  readonly #max: number;
  /** In order of start, which is the order of expiry unless the window has changed. */
  readonly #buckets = new Map<string, Bucket>();

  /** @param max above it the oldest bucket is dropped: an attacker needs this many numbers to reset a count */
  constructor(clock: Clock, max: number) {
    this.#clock = clock;
    this.#max = max;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** Buckets that have not expired. */
  counts(): readonly number[] {
    this.#dropOver();
    return [...this.#buckets.values()].map(larger);
  }

  countOf(name: string): number {
    const bucket = this.#current(name);
    return bucket === undefined ? 0 : larger(bucket);
  }

  /** @returns the new count */
  add(name: string, windowMs: number): number {
    return this.#set(name, windowMs, ({ own, shared, until }) => ({ own: own + 1, shared, until }));
  }

  takeBack(name: string): void {
    const bucket = this.#current(name);
    if (bucket === undefined) return;
    const left = { ...bucket, own: Math.max(0, bucket.own - 1), shared: Math.max(0, bucket.shared - 1) };
    // A PIN counts as wrong until it is found: without this each caller with the right one would leave an empty bucket.
    if (larger(left) === 0) this.#buckets.delete(name);
    else this.#buckets.set(name, left);
  }

  /** Sets the count of all instances as reported by the store. @returns the larger count */
  share(name: string, shared: number, windowMs: number): number {
    if (shared === 0 && this.#current(name) === undefined) return 0;
    return this.#set(name, windowMs, ({ own, until }) => ({ own, shared, until }));
  }

  #set(name: string, windowMs: number, change: (bucket: Bucket) => Bucket): number {
    const changed = change(this.#current(name) ?? { own: 0, shared: 0, until: this.#clock.now() + windowMs });
    this.#buckets.set(name, changed);
    this.#dropOver();
    return larger(changed);
  }

  #current(name: string): Bucket | undefined {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined || bucket.until > this.#clock.now()) return bucket;
    this.#buckets.delete(name);
    return undefined;
  }

  #dropOver(): void {
    const now = this.#clock.now();
    for (const [name, { until }] of this.#buckets) {
      if (until > now && this.#buckets.size <= this.#max) break;
      this.#buckets.delete(name);
    }
  }
}

function larger({ own, shared }: Bucket): number {
  return Math.max(own, shared);
}
