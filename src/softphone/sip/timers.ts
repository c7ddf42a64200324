import type { Clock } from "../../util/clock.js";

/** RFC 3261 section 17.1.1.1, in ms. */
export interface SipTimers {
  /** Estimate of a round trip. */
  readonly t1: number;
  /** Maximum interval between two retransmissions. */
  readonly t2: number;
  /** Maximum lifetime of a message in the network. */
  readonly t4: number;
}

export const defaultTimers: SipTimers = { t1: 500, t2: 4_000, t4: 5_000 };

/** The named timers of one transaction; starting a running timer restarts it. */
export class TimerSet {
  readonly #clock: Clock;
  readonly #running = new Map<string, () => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  start(name: string, ms: number, callback: () => void): void {
    this.stop(name);
    const cancel = this.#clock.after(ms, () => {
      this.#running.delete(name);
      callback();
    });
    this.#running.set(name, cancel);
  }

  stop(name: string): void {
    this.#running.get(name)?.();
    this.#running.delete(name);
  }

  stopAll(): void {
    for (const cancel of this.#running.values()) cancel();
    this.#running.clear();
  }

  /** Calls back after `first`, then with doubled intervals up to `longest`, until stopped. */
  repeat(name: string, first: number, longest: number, callback: () => void): void {
    this.start(name, first, () => {
      this.repeat(name, Math.min(first * 2, longest), longest, callback);
      callback();
    });
  }
}
