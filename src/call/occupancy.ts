import type { Pin } from "../caller/secret.js";

/** How many callers are in which conference. Counts, nothing about who. */
export class Occupancy {
  readonly #callers = new Map<string, number>();

  /** A caller is in; the returned function is called when that is over, and may be called more than once. */
  enter(pin: Pin): () => void {
    const digits = pin.reveal();
    this.#callers.set(digits, this.callersIn(pin) + 1);
    let isIn = true;
    return () => {
      if (!isIn) return;
      isIn = false;
      const left = this.callersIn(pin) - 1;
      if (left === 0) this.#callers.delete(digits);
      else this.#callers.set(digits, left);
    };
  }

  callersIn(pin: Pin): number {
    return this.#callers.get(pin.reveal()) ?? 0;
  }

  /** Conferences with at least one caller. */
  get conferences(): number {
    return this.#callers.size;
  }
}
