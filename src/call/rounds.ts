import type { Clock } from "../util/clock.js";

/** Runs a check repeatedly, with a fixed pause after each run, until stopped. */
export class Rounds {
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #look: () => Promise<void>;
  readonly #onBug: (error: unknown) => void;
  #cancelTimer: () => void = () => undefined;
  #state: "running" | "stopped" = "running";

  /** @param onBug called if a check rejects; no further one runs */
  constructor(clock: Clock, everyMs: number, look: () => Promise<void>, onBug: (error: unknown) => void) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#look = look;
    this.#onBug = onBug;
    this.#wait();
  }

  /** Set by `stop`, also while a check is running. */
  get areOver(): boolean {
    return this.#state === "stopped";
  }

  stop(): void {
    this.#state = "stopped";
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
