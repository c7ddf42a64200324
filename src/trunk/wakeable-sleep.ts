import type { Clock } from "../util/clock.js";
import { Latch } from "../util/latch.js";

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

/** Waits for `work`; `undefined` after `ms` milliseconds or when `end` is set. */
export async function atMost<T>(
  ms: number,
  work: Promise<T>,
  clock: Clock,
  end = new Latch<true>(),
): Promise<T | undefined> {
  let cancelTimer: () => void = () => undefined;
  let unsubscribe: () => void = () => undefined;
  const late = new Promise<undefined>((resolve) => {
    const settle = (): void => {
      resolve(undefined);
    };
    cancelTimer = clock.after(ms, settle);
    unsubscribe = end.onSet(settle);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    cancelTimer();
    unsubscribe();
  }
}
