import type { Pin } from "../caller/secret.js";

/** A call in a conference, by its id in the log; contains nothing about the caller. */
export interface CallInside {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** Tracks which calls are in which conference. */
export class Occupancy {
  readonly #inside = new Map<string, Set<CallInside>>();
  readonly #now: () => number;

  /** @param now milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Records that a call is in the conference; returns the function that removes it (idempotent). */
  enter(pin: Pin, id: string): () => void {
    const digits = pin.reveal();
    const inside = this.#inside.get(digits) ?? new Set();
    this.#inside.set(digits, inside);
    const call: CallInside = { id, since: this.#now() };
    inside.add(call);
    return () => {
      inside.delete(call);
      if (inside.size === 0 && this.#inside.get(digits) === inside) this.#inside.delete(digits);
    };
  }

  /** The calls in one conference, in order of entry. */
  callsIn(pin: Pin): readonly CallInside[] {
    return [...(this.#inside.get(pin.reveal()) ?? [])];
  }

  /** Number of conferences with at least one caller. */
  get conferences(): number {
    return this.#inside.size;
  }
}
