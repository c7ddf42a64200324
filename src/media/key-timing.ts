import type { Clock } from "../util/clock.js";

/** How long after the beginning of a bridge keys are suspect: a flush takes place in its first 20 ms; busy machines are later. */
const suspectMs = 1_000;
/** Difference between the delays of two reports on a busy machine, in milliseconds. */
const slackMs = 500;

/**
 * Recognises keys that the caller has not pressed. FreeSWITCH 1.10.12 flushes the RTP socket as a bridge begins, and reads
 * flushed telephone-events without decrypting them (switch_rtp.c, do_flush): a random key, of a random duration up to 8 s.
 */
export class KeyTiming {
  readonly #clock: Pick<Clock, "now">;
  #lastEndedAt: number;
  #suspectUntil = -Infinity;

  /** The channel is new: no key has been pressed on it. */
  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
    this.#lastEndedAt = clock.now();
  }

  bridged(): void {
    this.#suspectUntil = this.#clock.now() + suspectMs;
  }

  /**
   * Call at the end of each RFC 4733 event. Returns whether the key can have been held for this long since the last one;
   * outside a flush the duration is as the phone counts it, and does not matter.
   *
   * @param durationMs as reported
   */
  isPossible(durationMs: number): boolean {
    const now = this.#clock.now();
    if (now < this.#suspectUntil && now - durationMs < this.#lastEndedAt - slackMs) return false;
    this.#lastEndedAt = now;
    return true;
  }
}
