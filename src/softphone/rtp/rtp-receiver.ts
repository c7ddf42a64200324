import type { RemoteInfo } from "node:dgram";

import { RtpPacket } from "rtp.js/packets";

import type { Clock } from "../../util/clock.js";
import { Reception } from "./reception.js";
import { rtpHeaderLength, type SrtpReceiver } from "./srtp.js";

/** In a plain session another source may replace one that has been silent for this long. */
const plainSourceHoldMs = 1000;

export interface ReceivedPacket {
  readonly payloadType: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly payload: Uint8Array;
}

export interface PacketSource {
  readonly address: string;
  readonly port: number;
}

/** The receiving half of a session: authentication, source address, loss. */
export class RtpReceiver {
  readonly #clock: Clock;
  readonly #reception = new Reception();
  #latched: PacketSource | undefined;
  #packets = 0;
  #rejected = 0;
  #lastPacketAt: number | undefined;
  /** Undefined: accepts plain RTP only. Set: accepts only packets that this key authenticates. */
  srtp: SrtpReceiver | undefined;
  /** False until the negotiation is done: all packets are dropped. */
  started = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Source of accepted packets (symmetric RTP, RFC 4961); undefined before the first. */
  get source(): PacketSource | undefined {
    return this.#latched;
  }

  /** The peer's SDP has a new address: the next accepted packet sets the source. */
  forgetSource(): void {
    this.#latched = undefined;
  }

  get packets(): number {
    return this.#packets;
  }

  get rejected(): number {
    return this.#rejected;
  }

  get reception(): Pick<Reception, "lost" | "jitterMs" | "longestGapMs"> {
    return this.#reception;
  }

  /** By the session's clock, ms. */
  get lastPacketAt(): number | undefined {
    return this.#lastPacketAt;
  }

  /** Undefined: no audio; counted if the packet was rejected. */
  receive(datagram: Buffer, from: RemoteInfo): ReceivedPacket | undefined {
    if (!this.started || isRtcp(datagram)) return undefined;
    const plain = this.#open(datagram, from);
    const packet = plain === undefined ? undefined : parse(plain);
    if (packet === undefined) {
      this.#rejected += 1;
      return undefined;
    }
    if (this.#latched?.port !== from.port || this.#latched.address !== from.address) {
      this.#latched = { address: from.address, port: from.port };
    }
    this.#packets += 1;
    this.#lastPacketAt = this.#clock.now();
    this.#reception.packet(packet.getSsrc(), packet.getSequenceNumber(), packet.getTimestamp(), this.#lastPacketAt);
    const payload = packet.getPayload();
    return {
      payloadType: packet.getPayloadType(),
      sequence: packet.getSequenceNumber(),
      timestamp: packet.getTimestamp(),
      payload: new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength),
    };
  }

  #open(datagram: Buffer, from: RemoteInfo): Buffer | undefined {
    if (rtpHeaderLength(datagram) === undefined) return undefined;
    if (this.srtp !== undefined) {
      const opened = this.srtp.open(datagram);
      return opened.ok ? opened.value : undefined;
    }
    const current = this.#latched;
    const isOther = current !== undefined && (current.port !== from.port || current.address !== from.address);
    const isFresh = this.#lastPacketAt !== undefined && this.#clock.now() - this.#lastPacketAt < plainSourceHoldMs;
    return isOther && isFresh ? undefined : datagram;
  }
}

/** RTCP on the RTP port (RFC 5761 section 4) is ignored. */
function isRtcp(datagram: Buffer): boolean {
  const type = datagram[1];
  return type !== undefined && type >= 192 && type <= 223;
}

function parse(plain: Buffer): RtpPacket | undefined {
  try {
    return new RtpPacket(new DataView(plain.buffer, plain.byteOffset, plain.byteLength));
  } catch {
    return undefined;
  }
}
