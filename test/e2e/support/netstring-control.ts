import { connect, type Socket } from "node:net";

import { inTime } from "../../support/deadline.js";
import { EventLog } from "./event-log.js";

/** An unsolicited event of baresip's module ctrl_tcp. */
export interface BaresipEvent {
  readonly type: string;
  readonly param: string;
}

interface Answer {
  readonly token: string;
  readonly ok: boolean;
  readonly data: string;
}

const maxMessage = 100_000;

/** baresip's remote control: JSON in netstrings (`7:content,`) over TCP. */
export class BaresipControl {
  readonly events = new EventLog<BaresipEvent>();
  readonly #socket: Socket;
  readonly #answers = new EventLog<Answer>();
  #buffer = Buffer.alloc(0);
  #tokens = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk) => {
      this.#receive(chunk);
    });
    // A broken control connection shows as commands without a response.
    socket.on("error", () => undefined);
  }

  static async connect(port: number): Promise<BaresipControl> {
    const socket = connect({ host: "127.0.0.1", port });
    await inTime(
      "baresip's control port",
      new Promise<void>((resolve, reject) => {
        socket.once("connect", resolve);
        socket.once("error", reject);
      }),
    );
    return new BaresipControl(socket);
  }

  /** Rejects when baresip refuses the command. */
  async command(command: string, params?: string): Promise<string> {
    this.#tokens += 1;
    const token = String(this.#tokens);
    const answered = this.#answers.next(`baresip's answer to ${command}`, (answer) => answer.token === token);
    const message = JSON.stringify({ command, ...(params === undefined ? {} : { params }), token });
    this.#socket.write(`${Buffer.byteLength(message)}:${message},`);
    const answer = await answered;
    if (!answer.ok) throw new Error(`baresip refuses ${command} ${params ?? ""}: ${answer.data}`);
    return answer.data;
  }

  /** Sends a command without a response because it ends baresip. */
  send(command: string): void {
    const message = JSON.stringify({ command });
    this.#socket.write(`${Buffer.byteLength(message)}:${message},`);
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    // Each iteration takes one message out of the buffer.
    for (;;) {
      const colon = this.#buffer.indexOf(":");
      if (colon === -1) return;
      const length = Number(this.#buffer.toString("latin1", 0, colon));
      if (!Number.isSafeInteger(length) || length > maxMessage)
        throw new Error("baresip's control channel is out of step");
      const end = colon + 1 + length;
      if (this.#buffer.length < end + 1) return;
      const text = this.#buffer.toString("utf8", colon + 1, end);
      this.#buffer = this.#buffer.subarray(end + 1);
      this.#deliver(text);
    }
  }

  #deliver(text: string): void {
    const message = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const field = (name: string): string => {
      const value = message[name];
      return typeof value === "string" ? value : "";
    };
    if (message["event"] === true || message["event"] === "true")
      this.events.happen({ type: field("type"), param: field("param") });
    else this.#answers.happen({ token: field("token"), ok: message["ok"] === true, data: field("data") });
  }
}
