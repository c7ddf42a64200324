import type { Socket } from "node:net";

import type { Clock } from "../../util/clock.js";
import { type Flow, plainAddress, type SipAddress, type Transport } from "./flow.js";
import { StreamFramer } from "./stream-framer.js";
import { toWire } from "./wire-text.js";

/** Maximum bytes buffered for a peer that does not read. */
const maxUnsent = 1_048_576;

export interface ConnectionEvents {
  message(bytes: Buffer, connection: Connection): void;
  closed(connection: Connection): void;
}

/** Idle timeouts in ms, after which a silent connection is closed. */
export interface IdleBounds {
  /** Until the first complete message of an inbound connection. */
  readonly first: number;
  /** After that, unless a dialog retains the connection. */
  readonly between: number;
}

/** One established TCP or TLS connection. */
export class Connection implements Flow {
  readonly transport: Transport;
  readonly local: SipAddress;
  readonly remote: SipAddress;
  readonly reliable = true;
  readonly #socket: Socket;
  readonly #events: ConnectionEvents;
  readonly #clock: Clock;
  readonly #idle: IdleBounds;
  readonly #framer = new StreamFramer();
  readonly #closeListeners = new Set<() => void>();
  readonly #holds = new Set<symbol>();
  #cancelIdle: () => void = () => undefined;
  #heard: boolean;
  #open = true;
  #fault: string | undefined;

  /**
   * @param reachable where the peer can reach us: the listening address, otherwise the socket's own
   * @param opened an outbound connection: the `first` timeout does not apply
   */
  constructor(o: {
    socket: Socket;
    transport: Transport;
    reachable?: SipAddress | undefined;
    opened: boolean;
    clock: Clock;
    idle: IdleBounds;
    events: ConnectionEvents;
  }) {
    this.transport = o.transport;
    this.#socket = o.socket;
    this.#events = o.events;
    this.#clock = o.clock;
    this.#idle = o.idle;
    this.#heard = o.opened;
    this.local = o.reachable ?? {
      transport: o.transport,
      address: plainAddress(o.socket.localAddress ?? ""),
      port: o.socket.localPort ?? 0,
    };
    this.remote = {
      transport: o.transport,
      address: plainAddress(o.socket.remoteAddress ?? ""),
      port: o.socket.remotePort ?? 0,
    };
    o.socket.setNoDelay(true);
    o.socket.setKeepAlive(true, 30_000);
    o.socket.on("data", (chunk: Buffer) => {
      this.#read(chunk);
    });
    // "close" follows; without a listener the error would end the process.
    o.socket.on("error", (error: NodeJS.ErrnoException) => {
      this.#fault = error.code;
    });
    o.socket.on("close", () => {
      this.#closed();
    });
    o.socket.on("end", () => {
      o.socket.end();
    });
    this.#watchIdle();
  }

  get fault(): string | undefined {
    return this.#fault;
  }

  get open(): boolean {
    return this.#open && !this.#socket.destroyed && this.#socket.writable;
  }

  send(text: string): boolean {
    if (!this.open) return false;
    if (this.#socket.writableLength > maxUnsent) {
      this.destroy();
      return false;
    }
    this.#socket.write(toWire(text));
    return true;
  }

  onClose(listener: () => void): () => void {
    this.#closeListeners.add(listener);
    return () => {
      this.#closeListeners.delete(listener);
    };
  }

  retain(): () => void {
    const hold = Symbol();
    this.#holds.add(hold);
    return () => {
      if (this.#holds.delete(hold)) this.#watchIdle();
    };
  }

  /** Closes after all pending data has been sent. */
  finish(): void {
    this.#socket.destroySoon();
    this.#closed();
  }

  destroy(): void {
    this.#socket.destroy();
    this.#closed();
  }

  #read(chunk: Buffer): void {
    if (!this.#open) return;
    const framed = this.#framer.push(chunk);
    if (!framed.ok) {
      this.destroy();
      return;
    }
    for (const part of framed.value) {
      if (part.kind === "ping") this.send("\r\n");
      else this.#events.message(part.bytes, this);
      this.#heard = true;
    }
    if (framed.value.length > 0) this.#watchIdle();
  }

  #watchIdle(): void {
    this.#cancelIdle();
    if (!this.#open) return;
    this.#cancelIdle = this.#clock.after(this.#heard ? this.#idle.between : this.#idle.first, () => {
      if (this.#holds.size === 0) this.destroy();
      else this.#watchIdle();
    });
  }

  #closed(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#cancelIdle();
    this.#events.closed(this);
    const listeners = [...this.#closeListeners];
    this.#closeListeners.clear();
    for (const listener of listeners) listener();
  }
}
