import { encodeG711 } from "../../../src/softphone/rtp/g711.js";

/** The caller's RTP of one call, as a pcap file for sipp's play_pcap_audio. */
export interface CallAudio {
  readonly file: Buffer;
  /** Milliseconds from the first packet to the end of the last digit: its first end packet. */
  readonly lastDigitMs: number;
}

const packetMs = 20;
const samples = 160;
/** RFC 4733: three end packets for each event. Digits as a telephone sends them: 100 ms, and 60 ms of audio between. */
const digitPackets = 5;
const endPackets = 3;
const pausePackets = 3;
const telephoneEvents = 101;
const pcma = 8;
const ssrc = 0x1ea5e;
const toneHz = 440;
const rate = 8_000;
const amplitude = 4_000;
const headerBytes = 14 + 20 + 8;

/**
 * Continuous audio, 20 ms a packet, with the digits in it (RFC 4733). sipp replaces the addresses and ports.
 * @param digits 0 to 9
 * @param startMs time of the first digit
 * @param totalMs length of the whole
 */
export function callAudio(digits: string, startMs: number, totalMs: number): CallAudio {
  const writer = new CaptureWriter();
  const count = Math.ceil(totalMs / packetMs);
  const plan = digitPlan(digits, Math.round(startMs / packetMs));
  for (let at = 0; at < count; at++) writer.packet(at * packetMs, plan.get(at)?.(at) ?? audioPacket(at));
  return { file: writer.bytes(), lastDigitMs: (Math.max(0, ...plan.keys()) - endPackets + 1) * packetMs };
}

type MakePacket = (at: number) => Buffer;

/** By packet number. */
function digitPlan(digits: string, first: number): ReadonlyMap<number, MakePacket> {
  const plan = new Map<number, MakePacket>();
  let at = first;
  for (const digit of digits) {
    const begin = at;
    for (let part = 1; part <= digitPackets + endPackets; part++, at++) {
      const isEnd = part > digitPackets;
      const duration = Math.min(part, digitPackets) * samples;
      plan.set(at, (now) =>
        rtp(now, begin * samples, telephoneEvents, part === 1, eventPayload(Number(digit), isEnd, duration)),
      );
    }
    at += pausePackets;
  }
  return plan;
}

/** RFC 4733, section 2.3. @param duration timestamp units */
function eventPayload(event: number, isEnd: boolean, duration: number): Buffer {
  const payload = Buffer.from([event, (isEnd ? 0x80 : 0) | 10, 0, 0]);
  payload.writeUInt16BE(duration, 2);
  return payload;
}

function audioPacket(at: number): Buffer {
  const tone = Int16Array.from({ length: samples }, (_, index) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * toneHz * (at * samples + index)) / rate)),
  );
  return rtp(at, at * samples, pcma, at === 0, Buffer.from(encodeG711("PCMA", tone)));
}

/** RFC 3550, section 5.1. */
function rtp(sequence: number, timestamp: number, type: number, isMarked: boolean, payload: Buffer): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt8(0x80, 0);
  header.writeUInt8((isMarked ? 0x80 : 0) | type, 1);
  header.writeUInt16BE(sequence % 65_536, 2);
  header.writeUInt32BE(timestamp, 4);
  header.writeUInt32BE(ssrc, 8);
  return Buffer.concat([header, payload]);
}

/** pcap, version 2.4, Ethernet: the only link type that every sipp reads. */
class CaptureWriter {
  readonly #parts: Buffer[] = [];

  constructor() {
    const header = Buffer.alloc(24);
    header.writeUInt32LE(0xa1b2c3d4, 0);
    header.writeUInt16LE(2, 4);
    header.writeUInt16LE(4, 6);
    header.writeUInt32LE(65_535, 16);
    header.writeUInt32LE(1, 20);
    this.#parts.push(header);
  }

  packet(ms: number, payload: Buffer): void {
    const record = Buffer.alloc(16);
    // From 1 s: sipp takes a packet at 0 for the first one of a file, and sends the next one without a pause.
    record.writeUInt32LE(1 + Math.floor(ms / 1_000), 0);
    record.writeUInt32LE((ms % 1_000) * 1_000, 4);
    record.writeUInt32LE(headerBytes + payload.length, 8);
    record.writeUInt32LE(headerBytes + payload.length, 12);
    const header = Buffer.alloc(headerBytes);
    header.writeUInt16BE(0x0800, 12);
    header.writeUInt8(0x45, 14);
    header.writeUInt16BE(28 + payload.length, 16);
    header.writeUInt8(64, 22);
    header.writeUInt8(17, 23);
    header.set([127, 0, 0, 1, 127, 0, 0, 1], 26);
    header.writeUInt16BE(6_000, 34);
    header.writeUInt16BE(6_000, 36);
    header.writeUInt16BE(8 + payload.length, 38);
    this.#parts.push(record, header, payload);
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }
}
