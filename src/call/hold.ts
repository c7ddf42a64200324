import type { Clock } from "../util/clock.js";

type Listener = () => void;

/** Whether the caller is on hold: hears nothing of what is played (RFC 3264 section 8.4), in whatever state the call is. */
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

  /** How many follow; 0 when none is left behind. */
  get listenerCount(): number {
    return this.#listeners.size;
  }

  /** Calls back at each hold and each resume from now on; the returned function stops that. */
  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Settles at the next hold or resume. Waiting again before one came gives the same promise. */
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
 * The time that a caller has for something that only a caller who hears can do. It stands still on hold, all holds of the
 * call together for `limitMs`; after that it goes on, so that no call lasts for ever by being on hold.
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
    // Before any timer's own listener, which reads the time.
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
