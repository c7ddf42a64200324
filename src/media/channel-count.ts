import type { Clock } from "../util/clock.js";
import { Latch } from "../util/latch.js";

/** Delay after the end of the last channel before the connections count as unused, in milliseconds. */
const idleAfterMs = 1_000;

/** The channels of a media server that are open or opening. */
export class ChannelCount {
  readonly #clock: Clock;
  #open = 0;
  #onIdle: (() => void) | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get open(): number {
    return this.#open;
  }

  /** Counts a channel until the returned function is called (idempotent). */
  take(): () => void {
    this.#open += 1;
    const closed = new Latch<true>();
    closed.onSet(() => {
      this.#open -= 1;
      this.#reportIdle();
    });
    return () => {
      closed.set(true);
    };
  }

  /** Calls back once when no channel is open; not after `close`. */
  whenIdle(listener: () => void): void {
    this.#onIdle = listener;
    this.#reportIdle();
  }

  close(): void {
    this.#cancelTimer?.();
  }

  #reportIdle(): void {
    const listener = this.#onIdle;
    if (listener === undefined || this.#open > 0) return;
    this.#cancelTimer?.();
    this.#cancelTimer = this.#clock.after(idleAfterMs, () => {
      if (this.#open === 0) listener();
    });
  }
}
