import type { Clock } from "../util/clock.js";

/** The media server reports an RFC 4733 event when it ends. An INFO up to this much earlier, in milliseconds, may be the same press. */
const twinWindowMs = 2_000;
/** Maximum of INFO presses that wait for their RFC 4733 events. */
const maxWaiting = 64;

interface Press {
  readonly key: string;
  /** Arrival of the INFO, in milliseconds by the clock. */
  readonly at: number;
}

/**
 * Removes duplicate digits. Carriers send a digit as an RFC 4733 event, as SIP INFO, or both, in either order. After the
 * first event INFO is ignored. An INFO counted earlier cancels only its own event: "55" typed quickly stays "55".
 */
export class KeyOnce {
  readonly #clock: Clock;
  #isHeardInMedia = false;
  #waiting: readonly Press[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Call at the end of an RFC 4733 event. Returns whether it is a new press.
   *
   * @param durationMs how long the key was held: the INFO may have been sent at its start
   */
  inMedia(key: string, durationMs: number): boolean {
    this.#isHeardInMedia = true;
    const earliest = this.#clock.now() - durationMs - twinWindowMs;
    this.#waiting = this.#waiting.filter(({ at }) => at >= earliest);
    const twin = this.#waiting.findIndex((press) => press.key === key);
    // Events arrive in the order of the presses: earlier entries have lost their event.
    this.#waiting = this.#waiting.slice(twin + 1);
    return twin < 0;
  }

  /** Call for each SIP INFO. Returns whether it counts as a press. */
  inInfo(key: string): boolean {
    if (this.#isHeardInMedia) return false;
    this.#waiting = [...this.#waiting, { key, at: this.#clock.now() }].slice(-maxWaiting);
    return true;
  }

  /** The session no longer has RFC 4733 events: only INFO remains. */
  withoutMedia(): void {
    this.#isHeardInMedia = false;
    this.#waiting = [];
  }
}
