import type { Clock } from "../util/clock.js";

/** An interruptible sleep for one loop. */
export class WakeableSleep {
  readonly #clock: Clock;
  #wake: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async sleep(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancelTimer = this.#clock.after(ms, resolve);
      this.#wake = () => {
        cancelTimer();
        resolve();
      };
    });
    this.#wake = () => undefined;
  }

  /** Interrupts the current sleep, if any. */
  wake(): void {
    this.#wake();
  }
}
