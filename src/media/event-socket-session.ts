import type { Buffer } from "node:buffer";
import { connect } from "node:net";

import { ByteStream, readTimedOut, type Taken } from "../util/byte-stream.js";
import type { Clock } from "../util/clock.js";
import { failure, type Result, success } from "../util/result.js";

export interface EventSocketAddress {
  readonly host: string;
  readonly port: number;
  readonly password: string;
}

/** `no-connection`: with Node's error code or a text. `turned-away`: FreeSWITCH's ACL rejects this host. */
export type EventSocketFailure =
  | { readonly kind: "no-connection"; readonly code: string }
  | { readonly kind: "not-freeswitch" }
  | { readonly kind: "turned-away" }
  | { readonly kind: "wrong-password" };

interface Message {
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/**
 * A short session on FreeSWITCH's event socket for a few queries. esl-lite, used elsewhere, reconnects forever and does
 * not report why a connection fails.
 */
export class EventSocketSession {
  readonly #stream: ByteStream;
  readonly #timeoutMs: number;

  private constructor(stream: ByteStream, timeoutMs: number) {
    this.#stream = stream;
    this.#timeoutMs = timeoutMs;
  }

  /** @param timeoutMs for the connection, and for each response */
  static async open(
    { host, port, password }: EventSocketAddress,
    clock: Clock,
    timeoutMs: number,
  ): Promise<Result<EventSocketSession, EventSocketFailure>> {
    const connected = await ByteStream.connect(connect({ host, port }), "connect", clock, timeoutMs);
    if (!connected.ok) return failure({ kind: "no-connection", code: connected.failure });
    const session = new EventSocketSession(connected.value, timeoutMs);
    const fault = await session.#authenticate(password);
    if (fault === undefined) return success(session);
    session.close();
    return failure(fault);
  }

  /** Runs an API command, one at a time. The failure is a one-line reason for the missing response. */
  async api(command: string): Promise<Result<string, string>> {
    const answer = await this.#ask(`api ${command}`);
    return answer.ok ? success(answer.value.body) : answer;
  }

  close(): void {
    this.#stream.close();
  }

  async #authenticate(password: string): Promise<EventSocketFailure | undefined> {
    const greeting = await this.#stream.read(takeMessage, this.#timeoutMs);
    if (!greeting.ok)
      return greeting.failure === readTimedOut
        ? { kind: "not-freeswitch" }
        : { kind: "no-connection", code: greeting.failure };
    switch (greeting.value.headers.get("content-type")) {
      case "auth/request":
        break;
      case "text/rude-rejection":
        return { kind: "turned-away" };
      default:
        return { kind: "not-freeswitch" };
    }
    const reply = await this.#ask(`auth ${password}`);
    if (!reply.ok) return { kind: "no-connection", code: reply.failure };
    return reply.value.headers.get("reply-text")?.startsWith("+OK") === true ? undefined : { kind: "wrong-password" };
  }

  async #ask(line: string): Promise<Result<Message, string>> {
    this.#stream.write(`${line}\n\n`);
    return await this.#stream.read(takeMessage, this.#timeoutMs);
  }
}

/** Header lines, an empty line, and a body of `Content-Length` bytes. */
function takeMessage(bytes: Buffer): Taken<Message> | undefined {
  const end = bytes.indexOf("\n\n");
  if (end < 0) return undefined;
  const headers = new Map(
    bytes
      .subarray(0, end)
      .toString("utf8")
      .split("\n")
      .flatMap((line) => {
        const colon = line.indexOf(":");
        return colon < 0 ? [] : [[line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const];
      }),
  );
  const from = end + 2;
  const to = from + Number(headers.get("content-length") ?? 0);
  return bytes.length < to
    ? undefined
    : { value: { headers, body: bytes.subarray(from, to).toString("utf8") }, bytes: to };
}
