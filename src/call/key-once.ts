import type { Clock } from "../util/clock.js";

/** The media server reports an RFC 4733 event at its end; so much later, in milliseconds, it may still be the press of an INFO. */
const twinWindowMs = 2_000;
/** As many presses of INFO as may wait for their RFC 4733 events. */
const maxWaiting = 64;

interface Press {
  readonly key: string;
  /** When its INFO came, milliseconds of the clock. */
  readonly at: number;
}

/**
 * Carriers send a key as an RFC 4733 event, as a SIP INFO, or both, in either order. Once an event has been heard, INFO
 * no longer counts. INFO that counted before that takes its own event out, and no more: "55" typed quickly stays "55".
 */
export class KeyOnce {
  readonly #clock: Clock;
  #isHeardInMedia = false;
  #waiting: readonly Press[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * An RFC 4733 event has ended. Returns whether it is a press that has not counted yet.
   *
   * @param durationMs how long the key was held: the INFO may have come when it went down
   */
  inMedia(key: string, durationMs: number): boolean {
    this.#isHeardInMedia = true;
    const earliest = this.#clock.now() - durationMs - twinWindowMs;
    this.#waiting = this.#waiting.filter(({ at }) => at >= earliest);
    const twin = this.#waiting.findIndex((press) => press.key === key);
    // Events come in the order of the presses: what waits before this one has lost its event.
    this.#waiting = this.#waiting.slice(twin + 1);
    return twin < 0;
  }

  /** A SIP INFO has come. Returns whether it is a press that counts. */
  inInfo(key: string): boolean {
    if (this.#isHeardInMedia) return false;
    this.#waiting = [...this.#waiting, { key, at: this.#clock.now() }].slice(-maxWaiting);
    return true;
  }

  /** The session has no RFC 4733 events any more: from now on INFO is all that can come. */
  withoutMedia(): void {
    this.#isHeardInMedia = false;
    this.#waiting = [];
  }
}
