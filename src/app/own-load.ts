import type { Clock } from "../util/clock.js";

/** The mean delay of timers since the last call, in milliseconds. */
export type LoopDelay = () => number;

/** Interval of readings, in milliseconds: shorter ones have too few samples. */
const everyMs = 500;
/** Mean delay from which no more calls are taken, in milliseconds: a tenth of it is usual with many calls. */
const slowMs = 100;
/** One reading above `slowMs` may be a garbage collection. */
const slowInARow = 2;
/** After such a pause of the process, in milliseconds, one reading is enough. */
const pauseMs = 1_000;

/**
 * einwahl's own load. After a pause of the process, INVITEs that waited in the meantime are read when the delay is known:
 * their callers have often hung up.
 */
export class OwnLoad {
  readonly #clock: Clock;
  readonly #read: LoopDelay;
  #delayMs = 0;
  #slowReadings = 0;
  #cancelTimer: () => void = () => undefined;

  constructor(clock: Clock, read: LoopDelay) {
    this.#clock = clock;
    this.#read = read;
  }

  /** Reads the delay periodically until `close`. */
  open(): void {
    this.#cancelTimer = this.#clock.after(everyMs, () => {
      this.#delayMs = this.#read();
      this.#slowReadings = this.#delayMs > slowMs ? this.#slowReadings + 1 : 0;
      this.open();
    });
  }

  close(): void {
    this.#cancelTimer();
  }

  /** The mean delay of timers, in milliseconds. */
  get delayMs(): number {
    return this.#delayMs;
  }

  get state(): "free" | "slow" {
    return this.#slowReadings >= slowInARow || this.#delayMs > pauseMs ? "slow" : "free";
  }
}
