import { failure, type Result, success } from "../../util/result.js";
import { deriveSessionKeys, type MasterKey, type SessionKeys, type Suite } from "./srtp-suites.js";
import { makeTransform, type PacketTransform } from "./srtp-transform.js";

export { allSuites, knownSuites, isSuiteName, type MasterKey, type SuiteName } from "./srtp-suites.js";

export type SrtpFailure = "unparsable" | "authentication" | "replay" | "mki" | "exhausted";

/** A master key identifier announced by the peer's a=crypto line. It precedes the tag (RFC 3711 section 3.1), with GCM it follows it. */
export interface Mki {
  readonly value: Buffer;
}

const fixedHeader = 12;
const sequenceSpace = 0x1_0000;
/** Packets remembered for replay detection; RFC 3711 section 3.3.2 asks for at least 64. */
const replayWindow = 128;
/** A call needs one SSRC; a transfer or restart at the peer adds a second. A call has no more. */
const maxStreams = 8;
/** RFC 3711 section 9.2: a key protects at most 2^48 packets, so the rollover counter must not wrap. */
const maxRoc = 0xffff_ffff;

/** Length of the RTP header with CSRCs and extension (RFC 3550 section 5.1), or undefined if the packet is not RTP. */
export function rtpHeaderLength(packet: Buffer): number | undefined {
  if (packet.length < fixedHeader) return undefined;
  const first = packet.readUInt8(0);
  if (first >> 6 !== 2) return undefined;
  let length = fixedHeader + (first & 0x0f) * 4;
  if ((first & 0x10) !== 0) {
    if (packet.length < length + 4) return undefined;
    length += 4 + packet.readUInt16BE(length + 2) * 4;
  }
  return packet.length < length ? undefined : length;
}

interface SendStream {
  roc: number;
  lastSequence: number;
}

/** Protects sent packets with one key. Counts the rollover per SSRC. */
export class SrtpSender {
  readonly #transform: PacketTransform;
  readonly #streams = new Map<number, SendStream>();

  constructor(suite: Suite, keys: SessionKeys) {
    this.#transform = makeTransform(suite, keys);
  }

  static fromMaster(suite: Suite, master: MasterKey): SrtpSender {
    return new SrtpSender(suite, deriveSessionKeys(suite, master));
  }

  /** Packets of an SSRC must be in sending order: a lower sequence number than the last counts as a rollover. */
  protect(packet: Buffer): Result<Buffer, SrtpFailure> {
    const headerLength = rtpHeaderLength(packet);
    if (headerLength === undefined) return failure("unparsable");
    const ssrc = packet.readUInt32BE(8);
    const sequence = packet.readUInt16BE(2);
    let stream = this.#streams.get(ssrc);
    if (stream === undefined) {
      if (this.#streams.size >= maxStreams) return failure("exhausted");
      stream = { roc: 0, lastSequence: sequence };
      this.#streams.set(ssrc, stream);
    } else {
      if (sequence === stream.lastSequence) return failure("replay");
      if (sequence < stream.lastSequence) {
        if (stream.roc === maxRoc) return failure("exhausted");
        stream.roc += 1;
      }
      stream.lastSequence = sequence;
    }
    return success(this.#transform.protect(packet, headerLength, stream.roc));
  }
}

interface ReceiveStream {
  highest: number;
  /** Slot `index % replayWindow` holds the last index seen there: no shifting needed. */
  readonly seen: Float64Array;
}

/** RFC 3711 section 3.3.1 and appendix A: the 48-bit index nearest to the highest one seen. */
function estimateIndex(highest: number, sequence: number): number {
  const roc = Math.floor(highest / sequenceSpace);
  const last = highest % sequenceSpace;
  let guess = roc;
  if (last < sequenceSpace / 2) {
    if (sequence - last > sequenceSpace / 2) guess = roc - 1;
  } else if (last - sequenceSpace / 2 > sequence) {
    guess = roc + 1;
  }
  return guess * sequenceSpace + sequence;
}

/** Opens received packets with one key. Keeps state only for SSRCs with an authentic packet, and at most maxStreams. */
export class SrtpReceiver {
  readonly #suite: Suite;
  readonly #transform: PacketTransform;
  readonly #mki: Buffer | undefined;
  readonly #streams = new Map<number, ReceiveStream>();

  constructor(suite: Suite, keys: SessionKeys, mki?: Mki) {
    this.#suite = suite;
    this.#transform = makeTransform(suite, keys);
    this.#mki = mki?.value;
  }

  static fromMaster(suite: Suite, master: MasterKey, mki?: Mki): SrtpReceiver {
    return new SrtpReceiver(suite, deriveSessionKeys(suite, master), mki);
  }

  /** Returns the plain RTP packet. A failure changes no state. */
  open(received: Buffer): Result<Buffer, SrtpFailure> {
    const packet = this.#withoutMki(received);
    if (packet === undefined) return failure("mki");
    const headerLength = rtpHeaderLength(packet);
    if (headerLength === undefined) return failure("unparsable");
    const sequence = packet.readUInt16BE(2);
    const ssrc = packet.readUInt32BE(8);
    const stream = this.#streams.get(ssrc);
    const index = stream === undefined ? sequence : estimateIndex(stream.highest, sequence);
    if (index < 0 || index > maxRoc * sequenceSpace) return failure("replay");
    if (stream !== undefined && isReplay(stream, index)) return failure("replay");
    const plain = this.#transform.open(packet, headerLength, Math.floor(index / sequenceSpace));
    if (plain === undefined) return failure("authentication");
    this.#remember(ssrc, stream, index);
    return success(plain);
  }

  #withoutMki(packet: Buffer): Buffer | undefined {
    const mki = this.#mki;
    if (mki === undefined) return packet;
    const tagAfter = this.#suite.aead ? 0 : this.#suite.tagLength;
    const at = packet.length - tagAfter - mki.length;
    if (at < fixedHeader || !packet.subarray(at, at + mki.length).equals(mki)) return undefined;
    return Buffer.concat([packet.subarray(0, at), packet.subarray(at + mki.length)]);
  }

  #remember(ssrc: number, known: ReceiveStream | undefined, index: number): void {
    let stream = known;
    if (stream === undefined) {
      if (this.#streams.size >= maxStreams) {
        const oldest = this.#streams.keys().next();
        if (oldest.done !== true) this.#streams.delete(oldest.value);
      }
      stream = { highest: index, seen: new Float64Array(replayWindow).fill(-1) };
      this.#streams.set(ssrc, stream);
    }
    if (index > stream.highest) stream.highest = index;
    stream.seen[index % replayWindow] = index;
  }
}

function isReplay(stream: ReceiveStream, index: number): boolean {
  return index <= stream.highest - replayWindow || stream.seen[index % replayWindow] === index;
}
