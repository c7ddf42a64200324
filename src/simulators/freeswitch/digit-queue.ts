import type { Channel } from "./channel.js";

/** Where a digit came from, by FreeSWITCH's names. */
export type DigitSource = "RTP" | "ENDPOINT" | "APP";

export interface Digit {
  readonly digit: string;
  readonly durationMs: number;
  readonly source: DigitSource;
}

const VALID = /^[0-9A-D*#]$/;
const MAX_QUEUED = 1000;
/** Timestamp units of 1/8 ms, as DTMF-Duration counts (switch_core_min_dtmf_duration, switch_core_max_dtmf_duration). */
const MIN_UNITS = 400;
const MAX_UNITS = 192_000;

/**
 * The digits that a channel received. FreeSWITCH tells of a digit (event DTMF) when something takes it, so one that
 * comes while an application runs that reads no digits is told of later.
 */
export class DigitQueue {
  readonly #channel: Channel;
  readonly #queue: Digit[] = [];
  /** Gets the digits while no application runs: the other leg of a bridge, else nobody. */
  onIdleDigit: (digit: Digit) => void = () => undefined;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  receive(digit: string, durationMs: number, source: DigitSource): void {
    const upper = digit.toUpperCase();
    if (!VALID.test(upper) || this.#queue.length >= MAX_QUEUED || this.#channel.isDown) return;
    this.#queue.push({ digit: upper, durationMs, source });
    this.drain();
  }

  /** Hands digits to whatever takes them now: the innermost application, or nobody in particular while parked. */
  drain(): void {
    while (this.#queue.length > 0) {
      const { applications } = this.#channel;
      const taker = applications.isIdle ? this.onIdleDigit : applications.digitTaker;
      const digit = taker === undefined ? undefined : this.#queue.shift();
      if (digit === undefined || taker === undefined) return;
      this.#tell(digit);
      taker(digit);
    }
  }

  #tell(digit: Digit): void {
    const units = Math.min(MAX_UNITS, Math.max(MIN_UNITS, Math.round(digit.durationMs * 8)));
    this.#channel.fire("DTMF", [
      ["DTMF-Digit", digit.digit],
      ["DTMF-Duration", String(units)],
      ["DTMF-Source", digit.source],
    ]);
  }
}
