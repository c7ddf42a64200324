import { failure, type Result, success } from "../../util/result.js";

/** One command received on an event socket. */
export interface Command {
  /** The first line, without line end. */
  readonly line: string;
  /** Names in lower case; of duplicate names the first is used. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

const maxHead = 64 * 1024;
const maxBody = 1024 * 1024;

/**
 * Splits a stream into commands: lines until an empty one, then Content-Length bytes.
 * CR before LF is allowed. Buffers at most one command.
 */
export class CommandReader {
  #buffer: Buffer = Buffer.alloc(0);

  /** Fails if a command exceeds the maximum size: close the connection. */
  push(bytes: Buffer): Result<readonly Command[], "tooLong"> {
    this.#buffer = this.#buffer.length === 0 ? bytes : Buffer.concat([this.#buffer, bytes]);
    const commands: Command[] = [];
    // Each iteration consumes at least one byte: the buffer's length bounds the loop.
    for (;;) {
      this.#skipEmptyLines();
      const head = endOfHead(this.#buffer);
      if (head === undefined) {
        return this.#buffer.length > maxHead ? failure("tooLong") : success(commands);
      }
      if (head.end > maxHead) return failure("tooLong");
      const [line = "", ...rest] = this.#buffer.toString("utf8", 0, head.end).split(/\r?\n/);
      const headers = parseHeaders(rest);
      const length = bodyLength(headers);
      if (length === undefined || length > maxBody) return failure("tooLong");
      if (this.#buffer.length < head.next + length) return success(commands);
      commands.push({ line, headers, body: this.#buffer.toString("utf8", head.next, head.next + length) });
      this.#buffer = this.#buffer.subarray(head.next + length);
    }
  }

  #skipEmptyLines(): void {
    let at = 0;
    while (at < this.#buffer.length && (this.#buffer[at] === 10 || this.#buffer[at] === 13)) at += 1;
    if (at > 0) this.#buffer = this.#buffer.subarray(at);
  }
}

/** End of the headers and start of the body. */
function endOfHead(buffer: Buffer): { readonly end: number; readonly next: number } | undefined {
  for (let at = buffer.indexOf(10); at >= 0; at = buffer.indexOf(10, at + 1)) {
    const next = buffer[at + 1] === 13 ? at + 2 : at + 1;
    if (buffer[next] === 10) return { end: buffer[at - 1] === 13 ? at - 1 : at, next: next + 1 };
  }
  return undefined;
}

function parseHeaders(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const name = line.slice(0, colon).toLowerCase();
    if (!headers.has(name)) headers.set(name, line.slice(colon + 1).replace(/^ +/, ""));
  }
  return headers;
}

function bodyLength(headers: ReadonlyMap<string, string>): number | undefined {
  const text = headers.get("content-length");
  if (text === undefined) return 0;
  return /^\d{1,9}$/.test(text.trim()) ? Number(text) : undefined;
}
