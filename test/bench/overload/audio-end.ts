import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

const host = "127.0.0.1";
const samples = 160;
const pcma = 8;
const headerBytes = 12;
/** At the beginning of each payload. The media server passes PCMA on unchanged, so its peer can read it. */
const mark = 0x6577_6f6c;
/** Linux limits it to net.core.rmem_max. */
const bufferBytes = 4_194_304;

/** Packets of one direction that were sent in a phase of the measurement, and those of them that arrived. */
export interface Passed {
  readonly sent: number;
  readonly received: number;
}

/** One end of a call's audio. Its packets are numbered in their payload: the media server gives RTP packets numbers of its own. */
export class AudioEnd {
  readonly port: number;
  readonly #socket: Socket;
  readonly #sent = new Map<number, number>();
  readonly #received = new Map<number, Set<number>>();
  readonly #longestGap = new Map<number, number>();
  #number = 0;
  #target: { readonly address: string; readonly port: number } | undefined;
  #heardAt: number | undefined;
  #phase = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.port = socket.address().port;
    socket.on("message", (packet) => {
      this.#receive(packet);
    });
  }

  static async open(): Promise<AudioEnd> {
    const socket = createSocket({ type: "udp4", recvBufferSize: bufferBytes });
    socket.bind(0, host);
    await once(socket, "listening");
    return new AudioEnd(socket);
  }

  /** An SDP with this end's port. */
  get sdp(): string {
    return [
      "v=0",
      `o=bench 1 1 IN IP4 ${host}`,
      "s=-",
      `c=IN IP4 ${host}`,
      "t=0 0",
      `m=audio ${this.port} RTP/AVP ${pcma} 101`,
      `a=rtpmap:${pcma} PCMA/8000`,
      "a=rtpmap:101 telephone-event/8000",
      "a=fmtp:101 0-15",
      "a=ptime:20",
      "",
    ].join("\r\n");
  }

  /** @param sdp of the peer */
  sendTo(sdp: string): void {
    const address = /^c=IN IP4 (\S+)/m.exec(sdp)?.[1];
    const port = Number(/^m=audio (\d+)/m.exec(sdp)?.[1]);
    if (address === undefined || !Number.isInteger(port)) throw new Error(`no audio in the SDP:\n${sdp}`);
    this.#target = { address, port };
  }

  /** The packets of the next phase are counted separately. */
  enter(phase: number): void {
    this.#phase = phase;
    this.#heardAt = undefined;
  }

  /** Sends the next packet, once each 20 ms. */
  tick(): void {
    if (this.#target === undefined) return;
    const packet = Buffer.alloc(headerBytes + samples, 0xd5);
    packet.writeUInt8(0x80, 0);
    packet.writeUInt8(pcma, 1);
    packet.writeUInt16BE(this.#number % 65_536, 2);
    packet.writeUInt32BE((this.#number * samples) % 4_294_967_296, 4);
    packet.writeUInt32BE(this.port, 8);
    packet.writeUInt32BE(mark, headerBytes);
    packet.writeUInt32BE(this.#phase, headerBytes + 4);
    packet.writeUInt32BE(this.#number, headerBytes + 8);
    this.#number += 1;
    this.#sent.set(this.#phase, (this.#sent.get(this.#phase) ?? 0) + 1);
    this.#socket.send(packet, this.#target.port, this.#target.address);
  }

  /** What this end sent in the phase and the other one received. */
  passedTo(other: AudioEnd, phase: number): Passed {
    return { sent: this.#sent.get(phase) ?? 0, received: other.#received.get(phase)?.size ?? 0 };
  }

  /** The longest time between two packets that arrived in the phase, in milliseconds; usual are 20. */
  longestGap(phase: number): number {
    return this.#longestGap.get(phase) ?? 0;
  }

  close(): void {
    this.#socket.close();
  }

  #receive(packet: Buffer): void {
    if (packet.length < headerBytes + 12 || packet.readUInt32BE(headerBytes) !== mark) return;
    const phase = packet.readUInt32BE(headerBytes + 4);
    const numbers = this.#received.get(phase) ?? new Set();
    this.#received.set(phase, numbers.add(packet.readUInt32BE(headerBytes + 8)));
    const now = performance.now();
    if (this.#heardAt !== undefined)
      this.#longestGap.set(this.#phase, Math.max(this.longestGap(this.#phase), now - this.#heardAt));
    this.#heardAt = now;
  }
}

/** Calls `tick` of all ends each 20 ms, more often after a delay; returns the stop function. */
export function startAudio(ends: () => Iterable<AudioEnd>): () => void {
  const everyMs = 20;
  let next = performance.now();
  const timer = setInterval(() => {
    for (const now = performance.now(); next <= now; next += everyMs) for (const end of ends()) end.tick();
  }, everyMs / 4);
  return () => {
    clearInterval(timer);
  };
}
