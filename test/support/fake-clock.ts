import type { Clock } from "../../src/util/clock.js";

interface Timer {
  readonly due: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Runs everything that is ready: all promise reactions and those that they cause. */
export async function settle(): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
}

/** A clock that stands still until the test advances it. */
export class FakeClock implements Clock {
  readonly #timers = new Set<Timer>();
  #now = 0;
  #order = 0;

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    if (Number.isNaN(ms)) throw new Error("a timer without a time");
    const timer = { due: this.#now + Math.max(0, ms), order: this.#order++, callback };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** Pending timers. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Advances the time and runs due timers, each with all its consequences before the next. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let timer = this.#next(); timer !== undefined && timer.due <= end; timer = this.#next()) {
      this.#run(timer);
      await settle();
    }
    this.#now = end;
  }

  /** Like `advance`, but synchronous: only the timers run, no promise reactions between them. */
  advanceSync(ms: number): void {
    const end = this.#now + ms;
    for (let count = 0; count < 10_000; count += 1) {
      const timer = this.#next();
      if (timer === undefined || timer.due > end) break;
      this.#run(timer);
    }
    this.#now = end;
  }

  /** Advances to the next timer and runs it; false if none is due before `limit`. */
  async step(limit: number = Number.MAX_SAFE_INTEGER): Promise<boolean> {
    await settle();
    const timer = this.#next();
    if (timer === undefined || timer.due > limit) return false;
    this.#run(timer);
    await settle();
    return true;
  }

  #run(timer: Timer): void {
    this.#timers.delete(timer);
    this.#now = timer.due;
    timer.callback();
  }

  #next(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (next === undefined || timer.due < next.due || (timer.due === next.due && timer.order < next.order))
        next = timer;
    }
    return next;
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
