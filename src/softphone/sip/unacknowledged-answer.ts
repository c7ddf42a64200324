import type { Clock } from "../../util/clock.js";
import { type SipTimers, TimerSet } from "./timers.js";

/** A 2xx to an INVITE, retransmitted until its ACK (RFC 3261 section 13.3.1.4), on every transport. */
export class UnacknowledgedAnswer {
  readonly #timers: TimerSet;
  /** Resolves when acknowledged, timed out or stopped. */
  readonly settled: Promise<void>;
  #settle: () => void = () => undefined;
  #pending = true;

  /**
   * @param send retransmits the 2xx, which has already been sent once
   * @param timedOut called if no ACK arrives within 64 T1
   */
  constructor(clock: Clock, timers: SipTimers, send: () => void, timedOut: () => void) {
    this.#timers = new TimerSet(clock);
    this.settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#timers.repeat("retransmit", timers.t1, timers.t2, send);
    this.#timers.start("give up", 64 * timers.t1, () => {
      this.#end();
      timedOut();
    });
  }

  get pending(): boolean {
    return this.#pending;
  }

  /** Handles the ACK. False if it is a repeated one. */
  acknowledge(): boolean {
    const first = this.#pending;
    this.#end();
    return first;
  }

  stop(): void {
    this.#end();
  }

  #end(): void {
    this.#pending = false;
    this.#timers.stopAll();
    this.#settle();
  }
}
