import type { Clock } from "../util/clock.js";

type Listener = () => void;

/** Whether the caller is on hold and hears no playback (RFC 3264 section 8.4), in any stage of the call. */
export class Hold {
  readonly #listeners = new Set<Listener>();
  #isOn: boolean;
  #changed: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  constructor(isOn = false) {
    this.#isOn = isOn;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  set(isOn: boolean): void {
    if (isOn === this.#isOn) return;
    this.#isOn = isOn;
    for (const listener of [...this.#listeners]) listener();
    this.#changed?.resolve();
    this.#changed = undefined;
  }

  /** For tests: 0 if no listener leaks. */
  get listenerCount(): number {
    return this.#listeners.size;
  }

  /** Calls `listener` at each hold and resume; returns the unsubscribe function. */
  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Resolves at the next hold or resume. Repeated calls before that share one promise. */
  async changed(): Promise<void> {
    if (this.#changed === undefined) {
      let resolve: () => void = () => undefined;
      const promise = new Promise<void>((settle) => {
        resolve = settle;
      });
      this.#changed = { promise, resolve };
    }
    await this.#changed.promise;
  }
}

/**
 * The clock for timeouts of caller input. It stands still on hold, for at most `limitMs` over the call, so that a hold
 * can't keep a call up forever.
 */
export class CallerTime implements Clock {
  readonly #clock: Clock;
  readonly #hold: Hold;
  readonly #limitMs: number;
  readonly #unsubscribe: () => void;
  #heldMs = 0;
  #heldSince: number | undefined;

  constructor(clock: Clock, hold: Hold, limitMs: number) {
    this.#clock = clock;
    this.#hold = hold;
    this.#limitMs = limitMs;
    this.#heldSince = hold.isOn ? clock.now() : undefined;
    // Subscribe before the listeners of timers, which read this clock.
    this.#unsubscribe = hold.onChange(() => {
      this.#heldMs = this.#standstill();
      this.#heldSince = hold.isOn ? clock.now() : undefined;
    });
  }

  now(): number {
    return this.#clock.now() - this.#standstill();
  }

  after(ms: number, callback: () => void): () => void {
    const due = this.now() + ms;
    let cancel: () => void = () => undefined;
    const stop = (): void => {
      unsubscribe();
      cancel();
    };
    const look = (): void => {
      cancel();
      const left = due - this.now();
      if (left <= 0) {
        stop();
        callback();
      } else {
        cancel = this.#clock.after(left + (this.#hold.isOn ? this.#limitMs - this.#standstill() : 0), look);
      }
    };
    const unsubscribe = this.#hold.onChange(look);
    cancel = this.#clock.after(ms + (this.#hold.isOn ? this.#limitMs - this.#standstill() : 0), look);
    return stop;
  }

  close(): void {
    this.#unsubscribe();
  }

  #standstill(): number {
    const held = this.#heldMs + (this.#heldSince === undefined ? 0 : this.#clock.now() - this.#heldSince);
    return Math.min(held, this.#limitMs);
  }
}
