import { failure, type Result, success } from "../../util/result.js";
import { headerEnd, MAX_MESSAGE_BYTES } from "./parse.js";

/** What came out of a stream: a whole message, or a keep-alive (RFC 5626 section 4.4.1) that wants a CRLF back. */
export type Framed = { readonly kind: "message"; readonly bytes: Buffer } | { readonly kind: "ping" };

/** Cuts a byte stream into SIP messages by Content-Length (RFC 3261 section 18.3). */
export class StreamFramer {
  #held: Buffer = Buffer.alloc(0);

  /**
   * Takes the next bytes and returns what became whole with them.
   * After a failure the stream cannot be read on: close it.
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

  /** True if what was skipped was a ping; a single CRLF, the answer to one, is not. */
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

/** The length of the message at the front, or undefined while that can't be told. */
function messageLength(held: Buffer): Result<number | undefined, string> {
  const end = headerEnd(held.subarray(0, MAX_MESSAGE_BYTES));
  if (end === undefined) {
    return held.length >= MAX_MESSAGE_BYTES ? failure("headers too long") : success(undefined);
  }
  // sofia-sip waits for ever behind a NUL: nothing more is read of this connection.
  if (held.subarray(0, end.headers).includes(0))
    return held.length >= MAX_MESSAGE_BYTES ? failure("a NUL byte in the headers") : success(undefined);
  const headers = held.toString("latin1", 0, end.headers);
  const declared = /^(?:content-length|l)[ \t]*:[ \t]*(\d{1,9})[ \t]*$/im.exec(headers);
  if (declared === null) return failure("no Content-Length");
  const length = end.body + Number(declared[1]);
  return length > MAX_MESSAGE_BYTES ? failure("message too long") : success(length);
}
