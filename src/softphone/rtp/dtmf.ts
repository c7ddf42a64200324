/** Telephone events (RFC 4733 section 2.3): the digits 0-9 * # A-D as events 0-15. */
export const allDigits = "0123456789*#ABCD";

export const telephoneEventPayloadType = 101;
const volume = 10;
const end = 0x80;
const maxDuration = 0xffff;
/** A sequence number further back than this is a new beginning, not a late packet, as for FreeSWITCH. */
const maxLate = 100;

export interface TelephoneEvent {
  readonly digit: string;
  readonly end: boolean;
  /** In timestamp units of 1/8 ms. */
  readonly duration: number;
}

/** The four bytes of an event; duration in timestamp units (1/8 ms), at most 65535. */
export function encodeTelephoneEvent(event: TelephoneEvent): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt8(allDigits.indexOf(event.digit), 0);
  payload.writeUInt8((event.end ? end : 0) | volume, 1);
  payload.writeUInt16BE(Math.min(maxDuration, event.duration), 2);
  return payload;
}

/** Undefined if it is not a digit (flash, modem tones, malformed). */
export function parseTelephoneEvent(payload: Uint8Array): TelephoneEvent | undefined {
  const [code, flags, high, low] = payload;
  if (code === undefined || flags === undefined || high === undefined || low === undefined) return undefined;
  const digit = allDigits[code];
  return digit === undefined ? undefined : { digit, end: (flags & end) !== 0, duration: (high << 8) | low };
}

/**
 * Turns event packets into digits, each reported once: the end packet comes three times, any packet may be lost, and all
 * packets of one digit share their RTP timestamp. As in FreeSWITCH (handle_rfc2833 in switch_rtp.c) the next digit may share
 * it too: FreeSWITCH 1.10.12 begins at the same timestamp again when it resets its stream between two digits.
 */
export class DigitReceiver {
  readonly #onDigit: (digit: string, durationMs: number) => void;
  #current: { readonly timestamp: number; readonly digit: string; duration: number } | undefined;
  #lastReported: { readonly timestamp: number; readonly duration: number } | undefined;
  #lastSequence: number | undefined;

  constructor(onDigit: (digit: string, durationMs: number) => void) {
    this.#onDigit = onDigit;
  }

  /** @param sequence number of the RTP packet; a late one is dropped */
  push(sequence: number, timestamp: number, payload: Uint8Array): void {
    const event = parseTelephoneEvent(payload);
    if (event === undefined || this.#isLate(sequence)) return;
    this.#lastSequence = sequence;
    const reported = this.#lastReported;
    const isReported = reported?.timestamp === timestamp && this.#current === undefined;
    if (isReported && (event.end || event.duration >= reported.duration)) return;
    if (this.#current !== undefined && this.#current.timestamp !== timestamp) {
      // Drop late packets of an older digit; a newer digit ends the current one.
      if (((timestamp - this.#current.timestamp) & 0x8000_0000) !== 0) return;
      this.#report();
    }
    this.#current ??= { timestamp, digit: event.digit, duration: 0 };
    this.#current.duration = Math.max(this.#current.duration, event.duration);
    if (event.end) this.#report();
  }

  /** Audio after the digit: all its end packets were lost. */
  audio(timestamp: number): void {
    const current = this.#current;
    if (current === undefined) return;
    const after = (timestamp - current.timestamp) | 0;
    if (after > current.duration + 800) this.#report();
  }

  #isLate(sequence: number): boolean {
    return this.#lastSequence !== undefined && ((this.#lastSequence - sequence) & 0xffff) <= maxLate;
  }

  #report(): void {
    const current = this.#current;
    if (current === undefined) return;
    this.#current = undefined;
    this.#lastReported = current;
    this.#onDigit(current.digit, Math.round(current.duration / 8));
  }
}
