import { createHash } from "node:crypto";

import { createClient } from "@redis/client";

import type { Clock } from "../util/clock.js";
import { plainText } from "../util/plain-text.js";
import { failure, type Result, success } from "../util/result.js";

export interface RedisOptions {
  /** `redis://` or `rediss://`, with user and password when there are any. */
  readonly url: string;
  readonly clock: Clock;
  /** Redis does not answer (in one line, without the URL), or does again (`undefined`). */
  readonly onState: (fault: string | undefined) => void;
}

/** A Lua script, which Redis runs as one step that nothing else comes between. */
export class RedisScript {
  readonly text: string;
  readonly hash: string;

  constructor(text: string) {
    this.text = text;
    this.hash = createHash("sha1").update(text).digest("hex");
  }
}

/** How long an answer may take, in milliseconds. */
const answerTimeoutMs = 2_000;
const maxPauseMs = 2_000;

/** A connection to Redis that comes back by itself. What is asked while it is not there fails at once. */
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

  /** Settles when Redis has answered, or has not for a while: it may come later. */
  static async open(options: RedisOptions): Promise<RedisConnection> {
    const connection = new RedisConnection(options);
    const connected = connection.#client.connect().then(
      () => undefined,
      (error: unknown) => {
        connection.#note(reason(error));
      },
    );
    await connection.#within(connected);
    return connection;
  }

  /** What keeps it from working, `undefined` when nothing does. */
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
      return (await this.#within(sent)) ?? failure("no answer in time");
    } catch (error) {
      const why = reason(error);
      if (!why.startsWith("NOSCRIPT")) this.#note(why);
      return failure(why);
    }
  }

  /** `undefined` when it takes too long. */
  async #within<Value>(work: Promise<Value>): Promise<Value | undefined> {
    return await new Promise((resolve, reject) => {
      const callOff = this.#clock.after(answerTimeoutMs, () => {
        this.#note("no answer in time");
        resolve(undefined);
      });
      work
        .then(resolve, reject)
        .finally(callOff)
        .catch(() => undefined);
    });
  }

  #note(fault: string | undefined): void {
    if (this.#isClosed || fault === this.#fault) return;
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

/** The error's code or first line: the library's messages hold no password, but nothing long is wanted in a log. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return "failed";
  if ("code" in error && typeof error.code === "string") return error.code;
  return plainText(error.message.split("\n", 1).join(""));
}
