import type { Clock } from "../util/clock.js";

/**
 * Interval between two joins to the same node, in milliseconds: a hundred waiting callers are in after 10 s. BBB's
 * FreeSWITCH accepts 30 sessions per second (`sessions-per-second` in its switch.conf.xml), including web users.
 */
export const joinIntervalMs = 100;

/**
 * Spaces out simultaneous joins to a node, e.g. of a hundred callers who wait for one conference. Holds no timers: a call
 * that gives up leaves nothing behind.
 */
export class JoinPacer {
  readonly #clock: Clock;
  readonly #everyMs: number;
  /** By node name; bounded by the configured nodes. */
  readonly #next = new Map<string, number>();

  /** @param everyMs minimum interval between turns, in milliseconds */
  constructor(clock: Clock, everyMs: number) {
    this.#clock = clock;
    this.#everyMs = everyMs;
  }

  /**
   * Takes the next turn; returns the milliseconds until then, 0: now.
   *
   * @param turns number of turns that this join takes; less than 1 for one that must not wait long
   */
  take(node: string, turns = 1): number {
    const now = this.#clock.now();
    const turn = Math.max(now, this.#next.get(node) ?? 0);
    this.#next.set(node, turn + turns * this.#everyMs);
    return turn - now;
  }
}
