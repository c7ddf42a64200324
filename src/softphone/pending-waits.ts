import type { Clock } from "../util/clock.js";

/** Upper bound of a wait: a forgotten wait must not keep the process alive forever. */
const maxWaitMs = 24 * 60 * 60 * 1000;

/** Waits with a deadline each; all settle when their owner closes. */
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
   * Resolves with the value that `watch` found, or with undefined on timeout or when the owner closes.
   *
   * @param watch receives the callback for the value and returns an unsubscribe function; may call back synchronously
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
      const callOff = this.#clock.after(Math.min(timeoutMs, maxWaitMs), giveUp);
      this.#giveUps.add(giveUp);
      const stop = watch(settle);
      if (wait.settled) stop();
      else wait.stop = stop;
    });
  }

  /** Settles all present and future waits with undefined. */
  close(): void {
    this.#closed = true;
    for (const giveUp of [...this.#giveUps]) giveUp();
  }
}
