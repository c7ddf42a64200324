import type { Buffer } from "node:buffer";
import { createRequire } from "node:module";

import { LazyEvent } from "./lazy-event.js";

/** Private members of drachtio-modesl 1.3.1 (lib/esl/Parser.js). */
interface Parser {
  readonly buffer: Buffer;
  _indexOfHeaderEnd: (this: Parser) => number;
  _parseHeaderText: (text: string) => Headers;
  _parseEvent: (this: Parser, headers: Headers, body?: string) => void;
  emit(event: "esl::event", message: LazyEvent, headers: Headers, body: string | undefined): void;
}

/** The headers of a message: what drachtio-modesl reads, and their text. */
type Headers = Readonly<Record<string, unknown>> & { readonly [headText]?: string };

/** Private members of drachtio-modesl's connection (lib/esl/Connection.js). */
interface Connection {
  readonly socket: { write(text: string): void } | null;
  send: (this: Connection, command: string, headers?: Readonly<Record<string, string>> | null) => void;
  emit(event: "error", error: unknown): void;
}

interface Class<Instance> {
  readonly prototype: Instance;
}

const headText = Symbol("head");
const load = createRequire(import.meta.url);

/**
 * Makes drachtio-modesl cheaper, for all of its connections: it decodes each header of each message into an array that it
 * searches from the start, and writes each line of a command by itself. Idempotent.
 */
export function lightenModesl(): void {
  const fsmrf = createRequire(load.resolve("drachtio-fsmrf"));
  const Parser = fsmrf("drachtio-modesl/lib/esl/Parser") as Class<Parser>;
  const Connection = fsmrf("drachtio-modesl/lib/esl/Connection") as Class<Connection>;
  if (Connection.prototype.send === send) return;
  const readJson = Parser.prototype._parseEvent;
  Parser.prototype._indexOfHeaderEnd = endOfHead;
  Parser.prototype._parseHeaderText = readHead;
  Parser.prototype._parseEvent = function (headers, body): void {
    if (headers["Content-Type"] === "text/event-json") readJson.call(this, headers, body);
    else readMessage.call(this, headers, body);
  };
  Connection.prototype.send = send;
}

function endOfHead(this: Parser): number {
  return this.buffer.indexOf("\n\n");
}

function readHead(text: string): Headers {
  return { ...new LazyEvent(text).envelope, [headText]: text };
}

function readMessage(this: Parser, headers: Headers, body?: string): void {
  this.emit("esl::event", messageOf(headers, body), headers, body);
}

function messageOf(headers: Headers, body: string | undefined): LazyEvent {
  const head = headers[headText] ?? "";
  if (body === undefined || headers["Content-Type"] !== "text/event-plain") return new LazyEvent(head, body);
  const end = body.indexOf("\n\n");
  return new LazyEvent(body.slice(0, end < 0 ? undefined : end), end < 0 ? "" : body.slice(end + 2));
}

/** One write for a command: FreeSWITCH reads each byte by itself anyway, but every write is a system call here. */
function send(this: Connection, command: string, headers?: Readonly<Record<string, string>> | null): void {
  const lines = Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${value}\n`);
  try {
    if (this.socket === null) throw new Error("not connected");
    this.socket.write(`${command}\n${lines.join("")}\n`);
  } catch (error) {
    this.emit("error", error);
  }
}
