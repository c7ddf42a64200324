import type { Clock } from "../util/clock.js";
import { Latch } from "../util/latch.js";

/** Maximum wait of an INVITE at the start of einwahl, in milliseconds. */
const maxWaitMs = 5_000;

/**
 * Holds back the calls that arrive between the connection to drachtio and the first media server, which would be refused.
 * Opens once, at the latest 5 s after the start.
 */
export class StartGate {
  readonly whenOpen = new Latch<true>();
  readonly #missing = new Set(["directory", "media server"]);
  readonly #cancelTimer: () => void;

  constructor(clock: Clock) {
    this.#cancelTimer = clock.after(maxWaitMs, () => {
      this.whenOpen.set(true);
    });
  }

  /** The directory has asked all BBB servers, or a media server is up. */
  ready(part: "directory" | "media server"): void {
    this.#missing.delete(part);
    if (this.#missing.size === 0) this.open();
  }

  /** At once, also for a shutdown, which the waiting calls then see. */
  open(): void {
    this.#cancelTimer();
    this.whenOpen.set(true);
  }
}
