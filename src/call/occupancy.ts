import type { Pin } from "../caller/secret.js";

/** A call that is in a conference, by the id that it has in the log; nothing about who. */
export interface CallInside {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** Which calls are in which conference. */
export class Occupancy {
  readonly #inside = new Map<string, Set<CallInside>>();
  readonly #now: () => number;

  /** @param now milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** A call is in; the returned function is called when that is over, and may be called more than once. */
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

  /** The calls in one conference, the longest first. */
  callsIn(pin: Pin): readonly CallInside[] {
    return [...(this.#inside.get(pin.reveal()) ?? [])];
  }

  /** Conferences with at least one caller. */
  get conferences(): number {
    return this.#inside.size;
  }
}
