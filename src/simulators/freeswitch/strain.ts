import { IdleMeter } from "./idle-meter.js";

/** FreeSWITCH measures once a second, and reports the last second (switch.conf: cpu-idle-smoothing-depth). */
const everyMs = 1_000;

/** How busy the media server's host is: as this machine is, or as a test says. */
export class Strain {
  readonly #now: () => number;
  readonly #meter = new IdleMeter();
  #measured: number | undefined;
  #measuredAt: number;
  /** Idle CPU in percent; `undefined`: this machine's. */
  idlePercent: number | undefined;
  /** How much later commands and calls are answered, in milliseconds. */
  delayMs = 0;

  /** @param now monotonic milliseconds */
  constructor(now: () => number) {
    this.#now = now;
    this.#measuredAt = now();
  }

  /** As in `status`, in percent. */
  get idle(): number {
    if (this.idlePercent !== undefined) return this.idlePercent;
    if (this.#measured === undefined || this.#now() - this.#measuredAt >= everyMs) {
      this.#measuredAt = this.#now();
      this.#measured = this.#meter.percent();
    }
    return this.#measured;
  }
}
