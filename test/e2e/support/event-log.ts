import { inTime, timeoutMs } from "../../support/deadline.js";

/** A sequence of events, and tests that wait for one of them; each listener has an owner. */
export class EventLog<Thing> {
  readonly #listeners = new Set<(thing: Thing) => void>();
  #past: Thing[] = [];

  /** All so far, oldest first. */
  get past(): readonly Thing[] {
    return this.#past;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  happen(thing: Thing): void {
    this.#past = [...this.#past, thing].slice(-5_000);
    for (const listener of [...this.#listeners]) listener(thing);
  }

  /** Discards the events so far. */
  forget(): void {
    this.#past = [];
  }

  /** Calls back for each event from now on; returns a function to stop. */
  watch(listener: (thing: Thing) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** The first matching event from now on (optionally also of past ones). Rejects after `ms`. */
  async next<Found extends Thing>(
    what: string,
    fits: (thing: Thing) => thing is Found,
    options?: { readonly ms?: number; readonly past?: boolean; readonly evidence?: () => string },
  ): Promise<Found>;
  async next(
    what: string,
    fits: (thing: Thing) => boolean,
    options?: { readonly ms?: number; readonly past?: boolean; readonly evidence?: () => string },
  ): Promise<Thing>;
  async next(
    what: string,
    fits: (thing: Thing) => boolean,
    options: { readonly ms?: number; readonly past?: boolean; readonly evidence?: () => string } = {},
  ): Promise<Thing> {
    const before = options.past === true ? this.#past.find(fits) : undefined;
    if (before !== undefined) return before;
    let stop: () => void = () => undefined;
    const coming = new Promise<Thing>((resolve) => {
      stop = this.watch((thing) => {
        if (fits(thing)) resolve(thing);
      });
    });
    try {
      return await inTime(what, coming, options.ms ?? timeoutMs, options.evidence);
    } finally {
      stop();
    }
  }
}
