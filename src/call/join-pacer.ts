import type { Clock } from "../util/clock.js";

/**
 * From one caller to the next on the way to the same node, in milliseconds: a hundred who have waited are in after 10 s.
 * BBB's FreeSWITCH takes 30 sessions a second (`sessions-per-second` in its switch.conf.xml), those of web users among them.
 */
export const joinIntervalMs = 100;

/**
 * Spreads what many calls would do to a node in the same moment, such as a hundred callers who have waited for one conference.
 * It keeps no timers: a call that gives up leaves nothing here.
 */
export class JoinPacer {
  readonly #clock: Clock;
  readonly #everyMs: number;
  /** By the node's name; as many as the configuration has had. */
  readonly #next = new Map<string, number>();

  /** @param everyMs the least time from one turn to the next, in milliseconds */
  constructor(clock: Clock, everyMs: number) {
    this.#clock = clock;
    this.#everyMs = everyMs;
  }

  /**
   * Takes the next turn; gives the milliseconds until it comes, 0 for at once.
   *
   * @param turns how many the caller takes up
   */
  take(node: string, turns = 1): number {
    const now = this.#clock.now();
    const turn = Math.max(now, this.#next.get(node) ?? 0);
    this.#next.set(node, turn + turns * this.#everyMs);
    return turn - now;
  }
}
