import { Buffer } from "node:buffer";

import { LazyEvent } from "./lazy-event.js";

/** A message of FreeSWITCH's event socket. An event's headers are in its body, all others' in its head. */
export interface EventSocketMessage {
  /** Content-Type, such as `api/response`. */
  readonly type: string;
  readonly event: LazyEvent;
}

/** The longest event, with all variables of a channel, has about 20 kB. */
const maxBytes = 4 * 1_048_576;
const endOfHead = "\n\n";

/** Splits FreeSWITCH's byte stream into messages: headers, an empty line, and a body of `Content-Length` bytes. */
export class EventSocketReader {
  #parts: Buffer[] = [];
  #held = 0;
  /** Bytes needed for the next message; chunks are joined only then. */
  #wanted = 0;

  /** Returns the messages that are complete now; `undefined`: not an event socket, close the connection. */
  push(chunk: Buffer): readonly EventSocketMessage[] | undefined {
    this.#parts.push(chunk);
    this.#held += chunk.length;
    if (this.#held > maxBytes) return undefined;
    if (this.#held < this.#wanted) return [];
    let held = this.#parts.length === 1 ? chunk : Buffer.concat(this.#parts);
    const messages: EventSocketMessage[] = [];
    this.#wanted = 0;
    for (;;) {
      const end = held.indexOf(endOfHead);
      if (end < 0) break;
      const head = held.toString("utf8", 0, end);
      const { type, length } = envelopeOf(head);
      if (!(length <= maxBytes)) return undefined;
      const from = end + endOfHead.length;
      this.#wanted = from + length;
      if (held.length < this.#wanted) break;
      messages.push({ type, event: eventOf(type, head, held.toString("utf8", from, this.#wanted)) });
      held = held.subarray(this.#wanted);
      this.#wanted = 0;
    }
    this.#parts = held.length === 0 ? [] : [held];
    this.#held = held.length;
    return messages;
  }
}

function envelopeOf(head: string): { readonly type: string; readonly length: number } {
  const event = new LazyEvent(head);
  return { type: event.getHeader("Content-Type") ?? "", length: Number(event.getHeader("Content-Length") ?? 0) };
}

function eventOf(type: string, head: string, body: string): LazyEvent {
  if (type !== "text/event-plain") return new LazyEvent(head, body);
  const end = body.indexOf(endOfHead);
  return end < 0 ? new LazyEvent(body) : new LazyEvent(body.slice(0, end), body.slice(end + endOfHead.length));
}
