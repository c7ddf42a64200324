import type { Clock } from "../../src/util/clock.js";
import { TimerQueue } from "./timer-queue.js";

/** Runs everything that is ready: all promise reactions and those that they cause. */
export async function settle(): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
}

/** A clock that stands still until the test advances it. */
export class FakeClock implements Clock {
  protected readonly timers = new TimerQueue();
  #now = 0;

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    if (Number.isNaN(ms)) throw new Error("a timer without a time");
    return this.timers.add(this.now() + Math.max(0, ms), callback);
  }

  /** Pending timers. */
  get pending(): number {
    return this.timers.pending;
  }

  /** Advances the time and runs due timers, each with all its consequences before the next. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    while (this.#runNext(end)) await settle();
    this.#now = end;
  }

  /** Like `advance`, but synchronous: only the timers run, no promise reactions between them. */
  advanceSync(ms: number): void {
    const end = this.#now + ms;
    for (let count = 0; count < 10_000; count += 1) {
      if (!this.#runNext(end)) break;
    }
    this.#now = end;
  }

  /** Advances to the next timer and runs it; false if none is due before `limit`. */
  async step(limit: number = Number.MAX_SAFE_INTEGER): Promise<boolean> {
    await settle();
    if (!this.#runNext(limit)) return false;
    await settle();
    return true;
  }

  /** Goes on to the time of the timer that is about to run. */
  protected moveTo(due: number): void {
    this.#now = due;
  }

  #runNext(by: number): boolean {
    const timer = this.timers.take(by);
    if (timer === undefined) return false;
    this.moveTo(timer.due);
    timer.callback();
    return true;
  }
}

/** A view of a clock for one component, which distinguishes the timers that it leaves behind from others. */
export class CountedClock implements Clock {
  readonly #clock: Clock;
  readonly #onAfter: () => void;
  #pending = 0;

  constructor(clock: Clock, onAfter: () => void = () => undefined) {
    this.#clock = clock;
    this.#onAfter = onAfter;
  }

  get pending(): number {
    return this.#pending;
  }

  now(): number {
    return this.#clock.now();
  }

  after(ms: number, callback: () => void): () => void {
    this.#onAfter();
    let isPending = true;
    this.#pending += 1;
    const done = (): void => {
      if (isPending) this.#pending -= 1;
      isPending = false;
    };
    const callOff = this.#clock.after(ms, () => {
      done();
      callback();
    });
    return () => {
      done();
      callOff();
    };
  }
}
