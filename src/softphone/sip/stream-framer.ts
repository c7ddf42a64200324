import { failure, type Result, success } from "../../util/result.js";
import { headerEnd, maxMessageBytes } from "./parse.js";

/** A complete message, or a keep-alive ping (RFC 5626 section 4.4.1) to be answered with CRLF. */
export type Framed = { readonly kind: "message"; readonly bytes: Buffer } | { readonly kind: "ping" };

/** Splits a byte stream into SIP messages by Content-Length (RFC 3261 section 18.3). */
export class StreamFramer {
  #held: Buffer = Buffer.alloc(0);

  /**
   * Takes the next bytes and returns the frames completed by them.
   * After a failure the stream is unreadable: close it.
   */
  push(chunk: Buffer): Result<readonly Framed[], string> {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const framed: Framed[] = [];
    for (;;) {
      if (this.#skipLineBreaks()) framed.push({ kind: "ping" });
      const length = messageLength(this.#held);
      if (!length.ok) return length;
      if (length.value === undefined || length.value > this.#held.length) break;
      framed.push({ kind: "message", bytes: this.#held.subarray(0, length.value) });
      this.#held = this.#held.subarray(length.value);
    }
    return success(framed);
  }

  /** True if a ping was skipped; a single CRLF is the answer to a ping. */
  #skipLineBreaks(): boolean {
    let at = 0;
    while (this.#held[at] === 13 || this.#held[at] === 10) at += 1;
    const ping = at >= 4;
    // A lone CRLF at the end may be the first half of a ping.
    if (at === this.#held.length && at > 0 && !ping) return false;
    this.#held = this.#held.subarray(at);
    return ping;
  }
}

/** Length of the first message, or undefined while unknown. */
function messageLength(held: Buffer): Result<number | undefined, string> {
  const end = headerEnd(held.subarray(0, maxMessageBytes));
  if (end === undefined) {
    return held.length >= maxMessageBytes ? failure("headers too long") : success(undefined);
  }
  // sofia-sip waits forever after a NUL: it reads nothing more from this connection.
  if (held.subarray(0, end.headers).includes(0))
    return held.length >= maxMessageBytes ? failure("a NUL byte in the headers") : success(undefined);
  const headers = held.toString("latin1", 0, end.headers);
  const declared = /^(?:content-length|l)[ \t]*:[ \t]*(\d{1,9})[ \t]*$/im.exec(headers);
  if (declared === null) return failure("no Content-Length");
  const length = end.body + Number(declared[1]);
  return length > maxMessageBytes ? failure("message too long") : success(length);
}
