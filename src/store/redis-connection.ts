import { createHash } from "node:crypto";

import { createClient } from "@redis/client";

import type { Clock } from "../util/clock.js";
import { plainText } from "../util/plain-text.js";
import { failure, type Result, success } from "../util/result.js";
import { within } from "../util/wait.js";

export interface RedisOptions {
  /** `redis://` or `rediss://`, with user and password if any. */
  readonly url: string;
  readonly clock: Clock;
  /** Redis is unavailable (one line, without the URL), or available again (`undefined`). */
  readonly onState: (fault: string | undefined) => void;
}

/** A Lua script, executed atomically by Redis. */
export class RedisScript {
  readonly text: string;
  readonly hash: string;

  constructor(text: string) {
    this.text = text;
    this.hash = createHash("sha1").update(text).digest("hex");
  }
}

/** Response timeout in milliseconds. */
const answerTimeoutMs = 2_000;
const maxPauseMs = 2_000;

/** A connection to Redis with automatic reconnect. Commands fail immediately while it is down. */
export class RedisConnection {
  readonly #client: ReturnType<typeof createRawClient>;
  readonly #clock: Clock;
  readonly #onState: RedisOptions["onState"];
  #fault: string | undefined;
  #isClosed = false;

  private constructor(options: RedisOptions) {
    this.#clock = options.clock;
    this.#onState = options.onState;
    this.#client = createRawClient(options.url);
    this.#client.on("error", (error: unknown) => {
      this.#note(reason(error));
    });
    this.#client.on("ready", () => {
      this.#note(undefined);
    });
  }

  /** Resolves once Redis has responded, or after a timeout: it may come later. */
  static async open(options: RedisOptions): Promise<RedisConnection> {
    const connection = new RedisConnection(options);
    const connected = connection.#client.connect().then(
      () => true as const,
      (error: unknown) => {
        connection.#note(reason(error));
        return true as const;
      },
    );
    await connection.#inTime(connected);
    return connection;
  }

  /** The current fault; `undefined`: available. */
  get fault(): string | undefined {
    return this.#fault;
  }

  async command(...words: readonly string[]): Promise<Result<unknown, "unavailable">> {
    const answer = await this.#ask(words);
    return answer.ok ? answer : failure("unavailable");
  }

  async run(
    script: RedisScript,
    keys: readonly string[],
    values: readonly string[],
  ): Promise<Result<unknown, "unavailable">> {
    const rest = [String(keys.length), ...keys, ...values];
    const answer = await this.#ask(["EVALSHA", script.hash, ...rest]);
    if (answer.ok) return answer;
    return answer.failure.startsWith("NOSCRIPT")
      ? await this.command("EVAL", script.text, ...rest)
      : failure("unavailable");
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#client.destroy();
    return Promise.resolve();
  }

  async #ask(words: readonly string[]): Promise<Result<unknown, string>> {
    if (this.#isClosed) return failure("closed");
    try {
      const sent = this.#client.sendCommand([...words]).then((value: unknown) => success(value));
      const answer = await this.#inTime(sent);
      // A Redis that was slow responds again without a new connection.
      if (answer !== undefined) this.#note(undefined);
      return answer ?? failure("no response in time");
    } catch (error) {
      const why = reason(error);
      if (!why.startsWith("NOSCRIPT")) this.#note(why);
      return failure(why);
    }
  }

  /** `undefined` after a timeout. */
  async #inTime<Value extends object | true>(work: Promise<Value>): Promise<Value | undefined> {
    const value = await within(this.#clock, answerTimeoutMs, work);
    if (value === undefined) this.#note("no response in time");
    return value;
  }

  #note(fault: string | undefined): void {
    // The first fault of an outage counts: later ones differ with each attempt.
    if (this.#isClosed || (fault === undefined) === (this.#fault === undefined)) return;
    this.#fault = fault;
    this.#onState(fault);
  }
}

function createRawClient(url: string): ReturnType<typeof createClient> {
  return createClient({
    url,
    disableOfflineQueue: true,
    socket: {
      connectTimeout: answerTimeoutMs,
      reconnectStrategy: (tries) => Math.min(100 * 2 ** Math.min(tries, 10), maxPauseMs),
    },
  });
}

/** The error code or the first line of the message: keeps the log short; the library's messages contain no password. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return "failed";
  if ("code" in error && typeof error.code === "string") return error.code;
  return plainText(error.message.split("\n", 1).join(""));
}
