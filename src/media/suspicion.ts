import type { Clock } from "../util/clock.js";
import { Latch } from "../util/latch.js";
import { within } from "../util/wait.js";

/**
 * Whether a media server may be dead: from the loss of a channel until the end of the next probe. Its channels are lost
 * within milliseconds, while a probe of a dead server takes seconds to fail.
 */
export class Suspicion {
  #raised = new Latch<true>();
  #over = new Latch<true>();

  get isOn(): boolean {
    return this.#raised.isSet;
  }

  /** Raises the suspicion; returns whether it is new. */
  raise(): "new" | "known" {
    if (this.isOn) return "known";
    this.#raised.set(true);
    return "new";
  }

  /** Call it before a probe and the returned function after it: a suspicion that was raised meanwhile stays. */
  probing(): () => void {
    const wasOn = this.isOn;
    return () => {
      if (!wasOn) return;
      const over = this.#over;
      this.#raised = new Latch();
      this.#over = new Latch();
      over.set(true);
    };
  }

  /** Resolves when the suspicion is over, at the latest after `ms` milliseconds. */
  async settled(clock: Clock, ms: number): Promise<void> {
    if (this.isOn) await within(clock, ms, new Promise<never>(() => undefined), this.#over);
  }

  /** The value of `work`; `undefined` if the suspicion is raised before. */
  async unlessRaised<Value>(work: Promise<Value>): Promise<Value | undefined> {
    let unsubscribe: () => void = () => undefined;
    const raised = new Promise<undefined>((resolve) => {
      unsubscribe = this.#raised.onSet(() => {
        resolve(undefined);
      });
    });
    try {
      return await Promise.race([work, raised]);
    } finally {
      unsubscribe();
    }
  }
}
