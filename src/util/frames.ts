import { Buffer } from "node:buffer";

import { failure, type Result, success } from "./result.js";

const hash = 35;
const maxDigits = 7;

/** Writes `<length>#<payload>`; the length counts the UTF-8 bytes, in both directions. */
export function frame(payload: string): string {
  return `${Buffer.byteLength(payload)}#${payload}`;
}

/** Splits the byte stream between drachtio and an application into payloads. */
export class FrameReader {
  readonly #maxBytes: number;
  readonly #digits: number;
  #parts: Buffer[] = [];
  #held = 0;
  /** Bytes needed for the next payload; chunks are joined only then. */
  #wanted = 0;

  /** @param maxBytes maximum size of a payload */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#digits = Math.min(maxDigits, String(maxBytes).length);
  }

  /** Returns the payloads that are complete now. After a failure the stream is unusable. */
  push(chunk: Buffer): Result<readonly string[], string> {
    this.#parts.push(chunk);
    this.#held += chunk.length;
    if (this.#held < this.#wanted) return success([]);
    let held = this.#parts.length === 1 ? chunk : Buffer.concat(this.#parts);
    const payloads: string[] = [];
    this.#wanted = 0;
    for (;;) {
      const at = held.subarray(0, this.#digits + 1).indexOf(hash);
      const digits = held.toString("latin1", 0, at < 0 ? Math.min(held.length, this.#digits + 1) : at);
      if (at === 0 || digits.length > this.#digits || !/^\d*$/.test(digits))
        return failure("invalid message length specifier");
      if (at < 0) break;
      const length = Number(digits);
      if (length === 0 || length > this.#maxBytes)
        return failure(`a message of ${length} bytes is not between 1 and ${this.#maxBytes}`);
      this.#wanted = at + 1 + length;
      if (held.length < this.#wanted) break;
      payloads.push(held.toString("utf8", at + 1, this.#wanted));
      held = held.subarray(this.#wanted);
      this.#wanted = 0;
    }
    this.#parts = held.length === 0 ? [] : [held];
    this.#held = held.length;
    return success(payloads);
  }
}
