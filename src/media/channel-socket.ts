import { Buffer } from "node:buffer";
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import process from "node:process";

import type { ChannelConnection } from "./channel-connection.js";
import { EventSocketReader } from "./event-socket-messages.js";
import { LazyEvent } from "./lazy-event.js";

type Done = (event: LazyEvent) => void;

/** drachtio-fsmrf subscribes to ten events, of which FreeSWITCH writes out most with all variables (10 kB each). */
const events = "CHANNEL_EXECUTE_COMPLETE CHANNEL_BRIDGE CHANNEL_CALLSTATE DTMF";
/** The headers of `getInfo` that drachtio-fsmrf reads at any time. */
const ids = ["Unique-ID", "Channel-Unique-ID"] as const;
const ignore = (): void => undefined;

/** Longer arguments go as a body, in bytes: its two headers take so many. */
const longArgument = 45;

/**
 * The connection that FreeSWITCH opens for a channel, in place of drachtio-modesl's, for drachtio-fsmrf's endpoint. It decodes
 * what is read only, and keeps commands short and joined: FreeSWITCH 1.10.12 reads them byte by byte, with two system calls
 * each (read_packet in mod_event_socket.c). Only a body is read at once.
 */
export class ChannelSocket extends EventEmitter implements ChannelConnection {
  readonly #reader = new EventSocketReader();
  /** One for each command without a reply; FreeSWITCH replies in order. */
  readonly #replies: Done[] = [];
  /** The running applications, by the id that FreeSWITCH repeats at their end. */
  readonly #running = new Map<string, Done>();
  #socket: Socket | null;
  #info = new LazyEvent("");
  #applications = 0;

  /** @param onReady FreeSWITCH has told the channel's variables */
  constructor(socket: Socket, onReady: (connection: ChannelSocket) => void) {
    super();
    this.#socket = socket;
    // drachtio-fsmrf's endpoint listens once it exists; a "close" follows each error.
    this.on("error", ignore);
    // With Nagle's algorithm a command that follows another one takes 40 ms.
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      this.#receive(chunk);
    });
    socket.on("error", (error) => {
      this.emit("error", error);
    });
    socket.on("close", () => {
      this.#socket = null;
      this.emit("esl::end");
    });
    this.#send("connect", (info) => {
      this.#info = info;
      onReady(this);
    });
  }

  getInfo(): LazyEvent {
    return this.#info;
  }

  forgetVariables(): void {
    this.#info = new LazyEvent(ids.map((name) => `${name}: ${this.#info.getHeader(name) ?? ""}`).join("\n"));
  }

  /** drachtio-fsmrf's list is ignored. */
  subscribe(): void {
    this.#send(`event plain ${events}`, ignore);
  }

  filter(header: string, value: string): void {
    this.#send(`filter ${header} ${value}`, ignore);
  }

  /** No event is needed any more: FreeSWITCH would write out 40 kB at the end of a bridge and a channel. */
  ignoreEvents(): void {
    this.#send("noevents", ignore);
  }

  execute(application: string, argument: string, done: Done = ignore): void {
    // drachtio-fsmrf's endpoint ends the channel with this application, which costs FreeSWITCH two events more.
    if (application === "hangup") {
      const cause = argument === "" ? "" : `\nhangup-cause: ${argument}`;
      this.#send(`sendmsg\ncall-command: hangup${cause}`, ignore);
      return;
    }
    const id = String(++this.#applications);
    this.#running.set(id, done);
    const headers = ["call-command: execute", `execute-app-name: ${application}`, `event-uuid: ${id}`];
    const length = Buffer.byteLength(argument);
    if (length > longArgument) headers.push("content-type: text/plain", `content-length: ${length}`);
    else if (length > 0) headers.push(`execute-app-arg: ${argument}`);
    this.#send(["sendmsg", ...headers].join("\n"), ignore, length > longArgument ? argument : "");
  }

  api(command: string, argument: string, done: Done): void {
    this.#send(`api ${command} ${argument}`, done);
  }

  disconnect(): void {
    this.#send("exit", ignore);
    this.#socket?.end();
    this.#socket = null;
  }

  #send(command: string, done: Done, body = ""): void {
    const socket = this.#socket;
    if (socket === null || !socket.writable) return;
    this.#replies.push(done);
    if (socket.writableCorked === 0) {
      socket.cork();
      process.nextTick(() => {
        socket.uncork();
      });
    }
    socket.write(`${command}\n\n${body}`);
  }

  #receive(chunk: Buffer): void {
    const messages = this.#reader.push(chunk);
    if (messages === undefined) {
      this.#socket?.destroy();
      return;
    }
    for (const { type, event } of messages) {
      switch (type) {
        case "text/event-plain":
          this.#tell(event);
          break;
        case "command/reply":
        case "api/response":
          this.#replies.shift()?.(event);
          break;
        default:
          break;
      }
    }
  }

  #tell(event: LazyEvent): void {
    const name = event.getHeader("Event-Name");
    if (name !== "CHANNEL_EXECUTE_COMPLETE") {
      this.emit(`esl::event::${name ?? ""}::${event.getHeader("Unique-ID") ?? ""}`, event);
      return;
    }
    const id = event.getHeader("Application-UUID") ?? "";
    const done = this.#running.get(id);
    this.#running.delete(id);
    done?.(event);
  }
}
