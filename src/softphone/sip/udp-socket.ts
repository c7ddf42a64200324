import { createSocket, type Socket } from "node:dgram";
import { isIP } from "node:net";

import { type Flow, type ListenAddress, plainAddress, reachableAddress, type SipAddress } from "./flow.js";
import { toWire } from "./wire-text.js";

/** One bound UDP socket. */
export class UdpSocket {
  readonly address: SipAddress;
  readonly #socket: Socket;
  onDatagram: (bytes: Buffer, flow: Flow) => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const bound = socket.address();
    this.address = { transport: "udp", address: bound.address, port: bound.port };
    socket.on("message", (bytes, sender) => {
      const remote = { transport: "udp", address: plainAddress(sender.address), port: sender.port } as const;
      if (sender.port > 0) this.onDatagram(bytes, this.flowTo(remote));
    });
  }

  /** Rejects if the port is in use. */
  static bind(listen: ListenAddress): Promise<UdpSocket> {
    const socket = createSocket(isIP(listen.address) === 6 ? "udp6" : "udp4");
    return new Promise((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(listen.port, listen.address, () => {
        socket.off("error", reject);
        // send() reports send errors in its callback; others are irrelevant for a connectionless socket.
        socket.on("error", () => undefined);
        resolve(new UdpSocket(socket));
      });
    });
  }

  get family(): 4 | 6 {
    return isIP(this.address.address) === 6 ? 6 : 4;
  }

  flowTo(remote: SipAddress): Flow {
    return {
      transport: "udp",
      local: { ...this.address, address: reachableAddress(this.address.address, remote.address) },
      remote,
      reliable: false,
      open: true,
      send: (text) => {
        // A datagram that cannot be sent counts as lost: the timers handle it.
        this.#socket.send(toWire(text), remote.port, remote.address, () => undefined);
        return true;
      },
      onClose: () => () => undefined,
      retain: () => () => undefined,
    };
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.close(() => {
        resolve();
      });
    });
  }
}
