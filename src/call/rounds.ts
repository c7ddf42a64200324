import type { Clock } from "../util/clock.js";

/** Looks at something again and again, the next time so long after the last look has ended, until it is stopped. */
export class Rounds {
  readonly #stopped = new AbortController();
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #look: () => Promise<void>;
  readonly #onBug: (error: unknown) => void;
  #cancelTimer: () => void = () => undefined;

  /** @param onBug a look that rejects is the last one */
  constructor(clock: Clock, everyMs: number, look: () => Promise<void>, onBug: (error: unknown) => void) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#look = look;
    this.#onBug = onBug;
    this.#wait();
  }

  /** Also true for a look that is under way. */
  get areOver(): boolean {
    return this.#stopped.signal.aborted;
  }

  stop(): void {
    this.#stopped.abort();
    this.#cancelTimer();
  }

  #wait(): void {
    if (this.areOver) return;
    this.#cancelTimer = this.#clock.after(this.#everyMs, () => {
      this.#look().then(() => {
        this.#wait();
      }, this.#onBug);
    });
  }
}
