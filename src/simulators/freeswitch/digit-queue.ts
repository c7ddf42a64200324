import type { Channel } from "./channel.js";

/** Source of a digit, in FreeSWITCH's terms. */
export type DigitSource = "RTP" | "ENDPOINT" | "APP";

export interface Digit {
  readonly digit: string;
  readonly durationMs: number;
  readonly source: DigitSource;
}

const valid = /^[0-9A-D*#]$/;
const maxQueued = 1000;
/** Timestamp units of 1/8 ms, as DTMF-Duration counts (switch_core_min_dtmf_duration, switch_core_max_dtmf_duration). */
const minUnits = 400;
const maxUnits = 192_000;

/**
 * The received digits of a channel. FreeSWITCH sends the event DTMF when a digit is consumed, so a digit that
 * arrives during an application that reads no digits is reported later.
 */
export class DigitQueue {
  readonly #channel: Channel;
  readonly #queue: Digit[] = [];
  /** Receives the digits while no application takes them: the other leg of a bridge, otherwise discarded. */
  onIdleDigit: (digit: Digit) => void = () => undefined;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  receive(digit: string, durationMs: number, source: DigitSource): void {
    const upper = digit.toUpperCase();
    if (!valid.test(upper) || this.#queue.length >= maxQueued || this.#channel.isDown) return;
    this.#queue.push({ digit: upper, durationMs, source });
    this.drain();
  }

  /** Drops the queued digits, without events. */
  clear(): void {
    this.#queue.length = 0;
  }

  /** Delivers queued digits to the current consumer: the innermost application, or none while parked. */
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
    const units = Math.min(maxUnits, Math.max(minUnits, Math.round(digit.durationMs * 8)));
    this.#channel.fire("DTMF", [
      ["DTMF-Digit", digit.digit],
      ["DTMF-Duration", String(units)],
      ["DTMF-Source", digit.source],
    ]);
  }
}
