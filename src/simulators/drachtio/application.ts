import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";

import type { SipMessage } from "../../softphone/sip/message.js";
import { toWire } from "../../softphone/sip/wire-text.js";
import type { Clock } from "../../util/clock.js";
import { FrameReader } from "../../util/frames.js";
import { type Command, parseCommand } from "./command.js";
import { textOf } from "./received-text.js";

/** drachtio-server reads into a ring buffer of this size: a longer frame from an application never completes. */
export const maxFrameBytes = 12_228;
/** Maximum bytes buffered for an application that does not read. */
const maxUnsent = 8_388_608;
/** Authentication timeout in ms. */
const authenticateWithin = 10_000;

export interface ApplicationEvents {
  command(command: Command, application: Application): void;
  closed(application: Application): void;
  /** Called for an invalid action of the application. */
  fault(reason: string): void;
}

/** The connection of one application. */
export class Application {
  readonly #socket: Socket;
  readonly #events: ApplicationEvents;
  readonly #reader = new FrameReader(maxFrameBytes);
  readonly #cancelDeadline: () => void;
  #authenticated = false;

  constructor(socket: Socket, clock: Clock, events: ApplicationEvents) {
    this.#socket = socket;
    this.#events = events;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      this.#read(chunk);
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#cancelDeadline();
      events.closed(this);
    });
    this.#cancelDeadline = clock.after(authenticateWithin, () => {
      this.#bounce("an application did not authenticate in time");
    });
  }

  get connected(): boolean {
    return !this.#socket.destroyed && this.#socket.writable;
  }

  get authenticated(): boolean {
    return this.#authenticated;
  }

  /** Marks the connection as authenticated. */
  admit(): void {
    this.#authenticated = true;
    this.#cancelDeadline();
  }

  /** Responds to a command. `NO` disconnects the application, `NOK` rejects one request. */
  respond(id: string, status: "OK" | "NOK" | "NO", rest?: string): void {
    if (id === "") return;
    this.#send(`response|${id}|${status}${rest === undefined ? "" : `|${rest}`}`);
    if (status === "NO") this.#socket.end();
  }

  /**
   * Sends a SIP message to the application.
   *
   * @param description source, size, protocol, address, port and time
   * @param route transaction id, dialog id, and for a new request the receiving address
   */
  deliver(message: SipMessage, description: string, route: readonly (string | number)[]): void {
    this.#send(`sip|${description}|${route.join("|")}|\r\n${textOf(message)}`);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #send(payload: string): void {
    if (!this.connected) return;
    if (this.#socket.writableLength > maxUnsent) {
      this.#bounce("an application does not read what it is sent");
      return;
    }
    // Bytes unmodified, and the length in bytes (Client::send in drachtio-server's client.cpp).
    const bytes = toWire(`${randomUUID()}|${payload}`);
    this.#socket.write(Buffer.concat([Buffer.from(`${bytes.length}#`), bytes]));
  }

  #read(chunk: Buffer): void {
    if (!this.connected) return;
    const payloads = this.#reader.push(chunk);
    if (!payloads.ok) {
      this.#bounce(payloads.failure);
      return;
    }
    for (const payload of payloads.value) {
      if (this.#socket.destroyed) return;
      this.#events.command(parseCommand(payload), this);
    }
  }

  #bounce(reason: string): void {
    this.#events.fault(reason);
    this.#socket.destroy();
  }
}
