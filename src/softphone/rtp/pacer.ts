import { type Clock, systemClock } from "../../util/clock.js";

export const frameMs = 20;
/** After a longer stall of the process the missed frames are skipped, not sent as a burst. */
const maxCatchUp = 5;

/**
 * One 20 ms ticker for all sessions of a process: a hundred calls don't need a hundred timers.
 * Corrects its drift; runs only while it has listeners.
 */
export class Pacer {
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  #due = 0;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** Calls `onFrame` every 20 ms. Returns an unsubscribe function. A listener must not throw. */
  every(onFrame: () => void): () => void {
    this.#listeners.add(onFrame);
    if (this.#cancel === undefined) {
      this.#due = this.#clock.now() + frameMs;
      this.#arm();
    }
    return () => {
      this.#listeners.delete(onFrame);
      if (this.#listeners.size === 0) this.#stop();
    };
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  #arm(): void {
    this.#cancel = this.#clock.after(Math.max(1, this.#due - this.#clock.now()), () => {
      this.#tick();
    });
  }

  #tick(): void {
    const late = this.#clock.now() - this.#due;
    const frames = Math.min(maxCatchUp, Math.max(1, Math.floor(late / frameMs) + 1));
    for (let frame = 0; frame < frames; frame++) {
      for (const listener of [...this.#listeners]) if (this.#listeners.has(listener)) listener();
    }
    this.#due += frames * frameMs;
    if (this.#clock.now() - this.#due > maxCatchUp * frameMs) this.#due = this.#clock.now() + frameMs;
    if (this.#listeners.size > 0) this.#arm();
    else this.#stop();
  }

  #stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
