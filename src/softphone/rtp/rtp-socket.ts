import { createSocket, type RemoteInfo, type Socket } from "node:dgram";

export interface RtpSocketOptions {
  readonly address: string;
  readonly port?: number;
  /** Lowest and highest port, inclusive. Even ports are tried, in random order from a random start. */
  readonly portRange?: readonly [number, number];
  readonly random: (bytes: number) => Buffer;
}

/** Receives each datagram as on the wire. Must not throw. */
export type WireTap = (direction: "in" | "out", datagram: Uint8Array) => void;

const receiveBuffer = 256 * 1024;

function bind(address: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({
      type: "udp4",
      // Destinations are literal IPv4 addresses; dgram's own lookup would cost an event loop turn per packet.
      lookup: (hostname, _options, callback) => {
        callback(null, hostname, 4);
      },
    });
    const failed = (error: Error): void => {
      socket.close();
      reject(error);
    };
    socket.once("error", failed);
    socket.bind({ address, port, exclusive: true }, () => {
      socket.off("error", failed);
      try {
        socket.setRecvBufferSize(receiveBuffer);
      } catch {
        // The system's default size is sufficient.
      }
      resolve(socket);
    });
  });
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EADDRINUSE";
}

async function bindInRange(o: RtpSocketOptions, [low, high]: readonly [number, number]): Promise<Socket> {
  const first = low + (low % 2);
  const count = Math.floor((high - first) / 2) + 1;
  const start = o.random(4).readUInt32BE(0) % Math.max(1, count);
  for (let i = 0; i < count; i++) {
    try {
      return await bind(o.address, first + ((start + i) % count) * 2);
    } catch (error) {
      if (!isTaken(error)) throw error;
    }
  }
  throw new Error(`no free RTP port from ${low} to ${high}`);
}

/** One UDP socket for RTP. */
export class RtpSocket {
  readonly port: number;
  readonly #socket: Socket;
  #closed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.port = socket.address().port;
    // ICMP errors of earlier packets: the peer's media port may not be open yet.
    socket.on("error", () => undefined);
  }

  /** Rejects if no port is free or the address is not ours. */
  static async open(o: RtpSocketOptions): Promise<RtpSocket> {
    const socket = o.portRange === undefined ? await bind(o.address, o.port ?? 0) : await bindInRange(o, o.portRange);
    return new RtpSocket(socket);
  }

  onPacket(listener: (packet: Buffer, from: RemoteInfo) => void): void {
    this.#socket.on("message", listener);
  }

  send(packet: Uint8Array, port: number, address: string): void {
    if (this.#closed) return;
    // The callback prevents an "error" event on a send error; the packet counts as lost.
    this.#socket.send(packet, port, address, () => undefined);
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    return new Promise((resolve) => {
      this.#socket.close(() => {
        this.#socket.removeAllListeners();
        resolve();
      });
    });
  }
}
