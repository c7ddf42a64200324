import { RtpPacket } from "rtp.js/packets";

import type { Clock } from "../../util/clock.js";
import { allDigits, encodeTelephoneEvent } from "./dtmf.js";
import { frameSamples } from "./g711.js";
import type { SrtpSender } from "./srtp.js";

const unitsPerMs = 8;
/** After a longer pause the timestamp advances by the elapsed time and the marker is set (RFC 3551 section 4.1). */
const talkspurtGapMs = 100;
const endPackets = 3;
/** Frames of silence between two digits, so that the peer distinguishes a repeated digit from a long one. */
const pauseFrames = 3;
const maxQueuedDigits = 128;

interface QueuedDigit {
  readonly digit: string;
  /** Timestamp units. */
  readonly length: number;
  sent: number;
  readonly done: (sent: boolean) => void;
}

export interface RtpSenderOptions {
  readonly clock: Clock;
  readonly random: (bytes: number) => Buffer;
  /** Sends the finished packet to the socket. */
  readonly transmit: (packet: Uint8Array) => void;
}

/** The sending half of a session: sequence numbers, timestamps, protection, and digits instead of audio while one is sent. */
export class RtpSender {
  readonly #clock: Clock;
  readonly #transmit: (packet: Uint8Array) => void;
  readonly #packet = new RtpPacket();
  readonly #digits: QueuedDigit[] = [];
  #sequence: number;
  #timestamp: number;
  #lastSentAt: number | undefined;
  #pause = 0;
  #packets = 0;
  /** Undefined sends plain RTP. */
  srtp: SrtpSender | undefined;

  constructor(o: RtpSenderOptions) {
    this.#clock = o.clock;
    this.#transmit = o.transmit;
    this.#packet.setSsrc(o.random(4).readUInt32BE(0));
    // Below 2^15: a receiver that misses the first packets still estimates the rollover counter (RFC 3711 section 3.3.1).
    this.#sequence = o.random(2).readUInt16BE(0) & 0x7fff;
    this.#timestamp = o.random(4).readUInt32BE(0);
  }

  get packets(): number {
    return this.#packets;
  }

  get digitsPending(): boolean {
    return this.#digits.length > 0 || this.#pause > 0;
  }

  /** Sends one audio packet of `payload.length` samples. Dropped while a digit is being sent. */
  audio(payloadType: number, payload: Uint8Array): void {
    if (this.digitsPending) return;
    const now = this.#clock.now();
    const gap = this.#lastSentAt === undefined ? Infinity : now - this.#lastSentAt;
    const isTalkspurt = gap > talkspurtGapMs;
    if (isTalkspurt && Number.isFinite(gap)) {
      const frames = Math.max(0, Math.round((gap * unitsPerMs) / frameSamples) - 1);
      this.#advance(frames * frameSamples);
    }
    this.#lastSentAt = now;
    this.#emit(payloadType, payload, this.#timestamp, isTalkspurt);
    this.#advance(payload.length);
  }

  /** Resolves when the digit is sent; false if it was abandoned. */
  digit(digit: string, durationMs: number): Promise<boolean> {
    if (digit.length !== 1 || !allDigits.includes(digit) || this.#digits.length >= maxQueuedDigits)
      return Promise.resolve(false);
    const frames = Math.max(2, Math.round((durationMs * unitsPerMs) / frameSamples));
    return new Promise((done) => {
      this.#digits.push({ digit, length: Math.min(0xffff, frames * frameSamples), sent: 0, done });
    });
  }

  /** Call every 20 ms while digits are pending. */
  digitTick(payloadType: number): void {
    this.#lastSentAt = this.#clock.now();
    if (this.#pause > 0) {
      this.#pause -= 1;
      this.#advance(frameSamples);
      return;
    }
    const current = this.#digits[0];
    if (current === undefined) return;
    const isFirst = current.sent === 0;
    current.sent = Math.min(current.length, current.sent + frameSamples);
    const end = current.sent >= current.length;
    const payload = encodeTelephoneEvent({ digit: current.digit, end, duration: current.sent });
    for (let copy = 0; copy < (end ? endPackets : 1); copy++)
      this.#emit(payloadType, payload, this.#timestamp, isFirst);
    if (!end) return;
    this.#advance(current.length);
    this.#pause = pauseFrames;
    this.#digits.shift();
    current.done(true);
  }

  dropDigits(): void {
    this.#pause = 0;
    for (const digit of this.#digits.splice(0)) digit.done(false);
  }

  #advance(units: number): void {
    this.#timestamp = (this.#timestamp + units) >>> 0;
  }

  #emit(payloadType: number, payload: Uint8Array, timestamp: number, marker: boolean): void {
    const packet = this.#packet;
    packet.setPayloadType(payloadType);
    packet.setMarker(marker);
    packet.setSequenceNumber(this.#sequence);
    packet.setTimestamp(timestamp);
    packet.setPayload(new DataView(payload.buffer, payload.byteOffset, payload.byteLength));
    // One buffer per packet: the socket sends after this call has returned.
    const plain = Buffer.from(new ArrayBuffer(packet.getByteLength()));
    packet.serialize(plain.buffer, plain.byteOffset);
    this.#sequence = (this.#sequence + 1) & 0xffff;
    if (this.srtp === undefined) {
      this.#transmit(plain);
    } else {
      const secured = this.srtp.protect(plain);
      // An exhausted key ends sending: never fall back to plain RTP.
      if (!secured.ok) return;
      this.#transmit(secured.value);
    }
    this.#packets += 1;
  }
}
