import type { Clock } from "../util/clock.js";

/** How long the event loop lets its timers wait, since the last call. */
export type LoopDelay = () => number;

/** Interval of readings, in milliseconds: shorter ones have too few samples. */
const everyMs = 500;
/** Mean delay from which no more calls are taken, in milliseconds: a tenth of it is usual with many calls. */
const slowMs = 100;

/** einwahl's own load. Without calls nothing is read. */
export class OwnLoad {
  readonly #clock: Pick<Clock, "now">;
  readonly #read: LoopDelay;
  #readAt: number;
  #delayMs = 0;

  /** @param read the mean delay of timers since its last call, in milliseconds */
  constructor(clock: Pick<Clock, "now">, read: LoopDelay) {
    this.#clock = clock;
    this.#read = read;
    this.#readAt = clock.now();
  }

  /** The mean delay of timers, in milliseconds. */
  get delayMs(): number {
    const now = this.#clock.now();
    if (now - this.#readAt >= everyMs) {
      this.#readAt = now;
      this.#delayMs = this.#read();
    }
    return this.#delayMs;
  }

  get state(): "free" | "slow" {
    return this.delayMs > slowMs ? "slow" : "free";
  }
}
