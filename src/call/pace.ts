import type { Clock } from "../clock.js";

/**
 * From one caller who has waited for a conference to the next, in milliseconds: a hundred of them are on their way after 3.4 s.
 * BBB's FreeSWITCH refuses the 31st call of a second (`sessions-per-second` in its switch.conf.xml).
 */
export const joinEveryMs = 34;

/**
 * Spreads what many calls would do in the same moment, such as a hundred callers who have waited for one conference.
 * It keeps no timers: a call that gives up leaves nothing here.
 */
export class Pace {
  readonly #clock: Clock;
  readonly #everyMs: number;
  #next = 0;

  /** @param everyMs the least time from one turn to the next, in milliseconds */
  constructor(clock: Clock, everyMs: number) {
    this.#clock = clock;
    this.#everyMs = everyMs;
  }

  /** Takes the next turn; gives the milliseconds until it comes, 0 for at once. */
  take(): number {
    const now = this.#clock.now();
    const turn = Math.max(now, this.#next);
    this.#next = turn + this.#everyMs;
    return turn - now;
  }
}
