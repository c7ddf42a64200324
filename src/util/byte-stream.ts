import { Buffer } from "node:buffer";
import type { Socket } from "node:net";

import type { Clock } from "./clock.js";
import { faultCode } from "./network-fault.js";
import { failure, type Result, success } from "./result.js";

/** A message and the number of bytes it took. */
export interface Taken<Value> {
  readonly value: Value;
  readonly bytes: number;
}

/** Parses one message at the start of the received bytes; `undefined` while it is incomplete. */
export type Take<Value> = (bytes: Buffer) => Taken<Value> | undefined;

/** Maximum of buffered bytes; all messages are shorter. */
const maxBytes = 1_048_576;

/** The failure of a read whose timeout has passed; callers compare with it. */
export const readTimedOut = "no response in time";

/** A connection from which messages are read one by one, each with a timeout. */
export class ByteStream<Kind extends Socket = Socket> {
  readonly socket: Kind;
  readonly #clock: Clock;
  #bytes: Buffer = Buffer.alloc(0);
  #fault: string | undefined;
  #wake: () => void = () => undefined;

  private constructor(socket: Kind, clock: Clock) {
    this.socket = socket;
    this.#clock = clock;
    socket.on("data", (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      if (this.#bytes.length > maxBytes) this.#end("the answer is too long");
      this.#wake();
    });
    socket.on("error", (error) => {
      this.#end(faultCode(error));
    });
    socket.on("close", () => {
      this.#end("ECONNRESET");
    });
  }

  /**
   * Waits until a socket is connected.
   *
   * @param ready the event of a complete connection: `secureConnect` for TLS
   * @returns a failure with an error code of Node or OpenSSL, or `connect timeout`
   */
  static async connect<Kind extends Socket>(
    socket: Kind,
    ready: "connect" | "secureConnect",
    clock: Clock,
    withinMs: number,
  ): Promise<Result<ByteStream<Kind>, string>> {
    const stream = new ByteStream(socket, clock);
    return await new Promise((resolve) => {
      const cancelTimer = clock.after(withinMs, () => {
        stream.#end("connect timeout");
      });
      stream.#wake = () => {
        if (stream.#fault === undefined) return;
        cancelTimer();
        resolve(failure(stream.#fault));
      };
      socket.once(ready, () => {
        cancelTimer();
        stream.#wake = () => undefined;
        resolve(success(stream));
      });
    });
  }

  write(text: string): void {
    if (this.#fault === undefined) this.socket.write(text);
  }

  /**
   * Reads the next message. One reader at a time.
   *
   * @returns a failure with an error code of Node or a text; `ECONNRESET`: the peer has closed the connection
   */
  async read<Value>(take: Take<Value>, withinMs: number): Promise<Result<Value, string>> {
    return await new Promise((resolve) => {
      const settle = (result: Result<Value, string>): void => {
        cancelTimer();
        this.#wake = () => undefined;
        resolve(result);
      };
      const cancelTimer = this.#clock.after(withinMs, () => {
        settle(failure(readTimedOut));
      });
      this.#wake = () => {
        const taken = take(this.#bytes);
        if (taken !== undefined) {
          this.#bytes = this.#bytes.subarray(taken.bytes);
          settle(success(taken.value));
        } else if (this.#fault !== undefined) {
          settle(failure(this.#fault));
        }
      };
      this.#wake();
    });
  }

  close(): void {
    this.#end("closed");
  }

  #end(fault: string): void {
    this.#fault ??= fault;
    this.socket.destroy();
    this.#wake();
  }
}
