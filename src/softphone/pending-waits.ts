import type { Clock } from "../util/clock.js";

/** Longest wait that anybody may ask for: a forgotten one must not keep a process alive for ever. */
const MAX_WAIT_MS = 24 * 60 * 60 * 1000;

/** Waits for something that may happen, each with a deadline, all settled when their owner closes. */
export class PendingWaits {
  readonly #clock: Clock;
  readonly #giveUps = new Set<() => void>();
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#giveUps.size;
  }

  /**
   * Resolves with what `watch` found, or undefined when the time is over or the owner has closed.
   *
   * @param watch is handed the function to call with the find and returns how to stop watching; it may find at once
   */
  until<Value>(timeoutMs: number, watch: (found: (value: Value) => void) => () => void): Promise<Value | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const wait: { settled: boolean; stop: () => void } = { settled: false, stop: () => undefined };
      const settle = (value: Value | undefined): void => {
        if (wait.settled) return;
        wait.settled = true;
        this.#giveUps.delete(giveUp);
        callOff();
        wait.stop();
        resolve(value);
      };
      const giveUp = (): void => {
        settle(undefined);
      };
      const callOff = this.#clock.after(Math.min(timeoutMs, MAX_WAIT_MS), giveUp);
      this.#giveUps.add(giveUp);
      const stop = watch(settle);
      if (wait.settled) stop();
      else wait.stop = stop;
    });
  }

  /** Settles every wait with undefined, now and from now on. */
  close(): void {
    this.#closed = true;
    for (const giveUp of [...this.#giveUps]) giveUp();
  }
}
