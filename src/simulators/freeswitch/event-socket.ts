import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";

import type { ApiCommands } from "./api.js";
import type { Channel } from "./channel.js";
import { type Command, CommandReader } from "./command-reader.js";
import type { Engine } from "./engine.js";
import { type FsEvent, serializePlain } from "./event.js";
import { executeOnChannel } from "./send-message.js";
import { Subscription } from "./subscription.js";

/** A peer that reads too slowly is disconnected, as FreeSWITCH kills a listener that loses too many events. */
const maxUnsentBytes = 8 * 1024 * 1024;
const authTimeoutMs = 25_000;
/** Timeout of the peer's close after our end. */
const closeTimeoutMs = 2000;
const goodbye = "Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n";

export interface EventSocketOptions {
  readonly engine: Engine;
  readonly api: ApiCommands;
  /** With a password, the peer must authenticate first. */
  readonly password?: string;
  /** The channel of an outbound connection. */
  readonly channel?: Channel;
}

/** One inbound or outbound event socket connection (mod_event_socket). */
export class EventSocket {
  readonly #socket: Socket;
  readonly #engine: Engine;
  readonly #api: ApiCommands;
  readonly #password: string | undefined;
  readonly #channel: Channel | undefined;
  readonly #reader = new CommandReader();
  readonly #subscription = new Subscription();
  readonly #stopListening: () => void;
  #stopAuthTimer: () => void = () => undefined;
  #authenticated: boolean;
  #lingering = false;
  #closing = false;

  /** Resolves when the connection is closed. */
  readonly closed: Promise<void>;

  constructor(socket: Socket, o: EventSocketOptions) {
    this.#socket = socket;
    this.#engine = o.engine;
    this.#api = o.api;
    this.#password = o.password;
    this.#channel = o.channel;
    this.#authenticated = o.password === undefined;
    socket.setNoDelay(true);
    this.closed = new Promise((resolve) => {
      socket.once("close", () => {
        this.#stopListening();
        this.#stopAuthTimer();
        resolve();
      });
    });
    // "close" follows every error.
    socket.on("error", () => undefined);
    socket.on("data", (bytes: Buffer) => {
      this.#receive(bytes);
    });
    this.#stopListening = o.engine.bus.listen((event) => {
      this.#tell(event);
    });
    if (o.password === undefined) return;
    this.#write("Content-Type: auth/request\n\n");
    this.#stopAuthTimer = o.engine.clock.after(authTimeoutMs, () => {
      if (!this.#authenticated) this.#socket.destroy();
    });
  }

  /** The channel of this connection is down and its last events are sent. */
  channelGone(): void {
    if (!this.#lingering) {
      this.end();
      return;
    }
    this.#write(
      `Content-Type: text/disconnect-notice\nControlled-Session-UUID: ${this.#channel?.uuid ?? ""}\n` +
        `Content-Disposition: linger\nChannel-Name: ${this.#channel?.name ?? ""}\nLinger-Time: -1\nContent-Length: 0\n\n`,
    );
  }

  /** Sends the disconnect notice and closes. */
  end(): void {
    if (this.#closing) return;
    this.#closing = true;
    const session =
      this.#channel === undefined
        ? ""
        : `Controlled-Session-UUID: ${this.#channel.uuid}\nContent-Disposition: disconnect\n`;
    this.#write(
      `Content-Type: text/disconnect-notice\n${session}Content-Length: ${Buffer.byteLength(goodbye)}\n\n${goodbye}`,
    );
    this.#socket.end();
    const stop = this.#engine.clock.after(closeTimeoutMs, () => {
      this.#socket.destroy();
    });
    this.#socket.once("close", stop);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #write(text: string): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return;
    this.#socket.write(text);
    if (this.#socket.writableLength > maxUnsentBytes) this.#socket.destroy();
  }

  #reply(text: string): void {
    this.#write(`Content-Type: command/reply\nReply-Text: ${text}\n\n`);
  }

  #receive(bytes: Buffer): void {
    if (this.#closing) return;
    const commands = this.#reader.push(bytes);
    if (!commands.ok) {
      this.#socket.destroy();
      return;
    }
    for (const command of commands.value) {
      if (this.#isClosing()) return;
      if (this.#authenticated) this.#obey(command);
      else this.#authenticate(command);
    }
  }

  #isClosing(): boolean {
    return this.#closing || this.#socket.destroyed;
  }

  #authenticate({ line }: Command): void {
    if (/^exit/i.test(line)) {
      this.#reply("+OK bye");
      this.end();
    } else if (/^auth /i.test(line) && line.slice(5).trimEnd() === this.#password) {
      this.#authenticated = true;
      this.#stopAuthTimer();
      this.#reply("+OK accepted");
    } else {
      this.#reply("-ERR invalid");
      this.end();
    }
  }

  #obey(command: Command): void {
    const [verb = "", ...words] = command.line.trim().split(/ +/);
    const argument = command.line.trim().slice(verb.length).trim();
    switch (verb.toLowerCase()) {
      case "exit":
        this.#reply("+OK bye");
        this.end();
        break;
      case "event":
        this.#reply(this.#subscription.subscribe(words));
        break;
      case "nixevent":
        this.#reply(this.#subscription.unsubscribe(words));
        break;
      case "noevents":
        this.#reply(this.#subscription.clear());
        break;
      case "filter":
        this.#reply(this.#subscription.filter(argument));
        break;
      case "api":
        this.#runApi(argument);
        break;
      case "bgapi":
        this.#runInBackground(argument, command);
        break;
      case "sendmsg":
        this.#reply(this.#sendMessage(argument, command));
        break;
      case "log":
      case "nolog":
        // No log to send: the simulator keeps none, so that it contains no caller data.
        this.#reply(
          verb.toLowerCase() === "log"
            ? `+OK log level ${words[0] ?? ""} [${words[0] ?? "7"}]`
            : "+OK no longer logging",
        );
        break;
      default:
        this.#obeyForChannel(verb.toLowerCase(), argument, words);
    }
  }

  #obeyForChannel(verb: string, argument: string, words: readonly string[]): void {
    const channel = this.#channel ?? (verb === "myevents" ? this.#engine.channels.get(words[0] ?? "") : undefined);
    if (channel === undefined) {
      if (verb === "linger" || verb === "nolinger") {
        this.#reply("-ERR not controlling a session");
      } else {
        this.#engine.unsupported(`event socket command ${verb.slice(0, 40)}`);
        this.#reply("-ERR command not found");
      }
      return;
    }
    switch (verb) {
      case "connect":
        this.#introduce(channel);
        break;
      case "linger":
        this.#lingering = true;
        this.#reply("+OK will linger");
        break;
      case "nolinger":
        this.#lingering = false;
        this.#reply("+OK will not linger");
        break;
      case "myevents":
        this.#reply(this.#subscription.myEvents(channel.uuid, words));
        break;
      case "getvar":
        this.#reply(channel.variable(argument) ?? "-ERR command not found");
        break;
      default:
        this.#engine.unsupported(`event socket command ${verb.slice(0, 40)}`);
        this.#reply("-ERR command not found");
    }
  }

  /** CHANNEL_DATA: the channel's current state as a command reply, percent-encoded. */
  #introduce(channel: Channel): void {
    this.#write(
      serializePlain([
        ...this.#engine.bus.base("CHANNEL_DATA"),
        ...channel.dataHeaders(),
        ["Content-Type", "command/reply"],
        ["Reply-Text", "+OK\n"],
        ["Socket-Mode", "async"],
        ["Control", "full"],
      ]),
    );
  }

  #runApi(text: string): void {
    const output = this.#api.run(text);
    const body = output === "" ? "-ERR no reply\n" : output;
    this.#write(`Content-Type: api/response\nContent-Length: ${Buffer.byteLength(body)}\n\n${body}`);
  }

  #runInBackground(text: string, command: Command): void {
    const job = command.headers.get("job-uuid") ?? randomUUID();
    this.#write(`Content-Type: command/reply\nReply-Text: +OK Job-UUID: ${job}\nJob-UUID: ${job}\n\n`);
    const [name = "", ...rest] = text.split(" ");
    const owner = this.#channel?.uuid;
    const { engine } = this;
    const run = (): void => {
      const body = this.#api.run(text);
      engine.bus.fire(
        "BACKGROUND_JOB",
        [
          ["Job-UUID", job],
          ...(owner === undefined ? [] : [["Job-Owner-UUID", owner] as const]),
          ["Job-Command", name],
          ...(rest.length === 0 ? [] : [["Job-Command-Arg", rest.join(" ")] as const]),
        ],
        body,
      );
    };
    if (engine.strain.delayMs > 0) engine.clock.after(engine.strain.delayMs, run);
    else setImmediate(run);
  }

  #sendMessage(argument: string, command: Command): string {
    const uuid = argument === "" ? (command.headers.get("session-id") ?? "") : argument;
    const channel = uuid === "" ? this.#channel : this.#engine.channels.get(uuid);
    return channel === undefined ? `-ERR invalid session id [${uuid}]` : executeOnChannel(channel, command);
  }

  #tell(event: FsEvent): void {
    if (!this.#authenticated || this.#closing || !this.#subscription.wants(event)) return;
    const { format } = this.#subscription;
    const body = format === "json" ? event.json : event.plain;
    // A single write: esl-lite misses the end of the headers if it is split.
    this.#write(`Content-Length: ${Buffer.byteLength(body)}\nContent-Type: text/event-${format}\n\n${body}`);
  }

  get engine(): Engine {
    return this.#engine;
  }
}
