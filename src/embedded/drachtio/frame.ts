import { failure, type Result, success } from "../../result.js";

/** drachtio-server reads into a ring of this many bytes: a longer frame from an application never arrives whole. */
export const MAX_FRAME_BYTES = 12_228;
const HASH = 35;

/** Writes `<length>#<payload>`; the length counts the UTF-8 bytes, in both directions. */
export function frame(payload: string): string {
  return `${Buffer.byteLength(payload)}#${payload}`;
}

/** Cuts what an application sends into payloads. At most five digits, as in drachtio-server. */
export class FrameReader {
  #held: Buffer = Buffer.alloc(0);

  /** The payloads that became whole with these bytes. After a failure the stream cannot be read on. */
  push(chunk: Buffer): Result<readonly string[], string> {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const payloads: string[] = [];
    for (;;) {
      const hash = this.#held.subarray(0, 6).indexOf(HASH);
      const digits = this.#held.toString("latin1", 0, hash < 0 ? Math.min(this.#held.length, 6) : hash);
      if (hash === 0 || !/^\d{0,5}$/.test(digits)) return failure("invalid message length specifier");
      if (hash < 0) break;
      const length = Number(digits);
      if (length === 0 || length > MAX_FRAME_BYTES) return failure(`a message of ${length} bytes is not between 1 and ${MAX_FRAME_BYTES}`);
      const end = hash + 1 + length;
      if (this.#held.length < end) break;
      payloads.push(this.#held.toString("utf8", hash + 1, end));
      this.#held = this.#held.subarray(end);
    }
    return success(payloads);
  }
}
