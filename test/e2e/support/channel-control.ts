import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

import { inTime } from "../../support/deadline.js";
import type { Owner } from "./owner.js";

/** The connection of one channel to its application (FreeSWITCH's `socket`), spoken directly. */
export class ChannelControl {
  readonly #socket: Socket;
  /** The headers of the first reply, decoded: the channel's variables as they were at the connection. */
  readonly facts: ReadonlyMap<string, string>;

  constructor(socket: Socket, reply: string) {
    this.#socket = socket;
    const lines = reply.split("\n").filter((line) => line.includes(": "));
    this.facts = new Map(
      lines.map((line) => {
        const at = line.indexOf(": ");
        return [line.slice(0, at), decodeURIComponent(line.slice(at + 2))];
      }),
    );
  }

  get uuid(): string {
    return this.facts.get("Unique-ID") ?? "";
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  execute(application: string, argument: string): void {
    this.#socket.write(
      `sendmsg\ncall-command: execute\nexecute-app-name: ${application}\nexecute-app-arg: ${argument}\n\n`,
    );
  }

  /** Closes as a process that ends. */
  close(): void {
    this.#socket.destroy();
  }
}

/** An application's listener for channels. */
export class ControlListener {
  readonly address: string;
  readonly #waiting: ChannelControl[] = [];
  #wake: () => void = () => undefined;

  private constructor(port: number) {
    this.address = `127.0.0.1:${port}`;
  }

  static async listen(owner: Owner): Promise<ControlListener> {
    const server = createServer();
    const sockets = new Set<Socket>();
    owner.teardown(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const listener = new ControlListener((server.address() as AddressInfo).port);
    server.on("connection", (socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined);
      listener.#take(socket);
    });
    return listener;
  }

  /** The next channel that connects, or has connected and was not taken yet. */
  async next(): Promise<ChannelControl> {
    if (this.#waiting.length === 0)
      await inTime(
        "a channel connects",
        new Promise<void>((resolve) => {
          this.#wake = resolve;
        }),
      );
    const control = this.#waiting.shift();
    if (control === undefined) throw new Error("another test took the channel");
    return control;
  }

  /** Channels that have connected and were not taken yet. */
  get count(): number {
    return this.#waiting.length;
  }

  #take(socket: Socket): void {
    let text = "";
    let control: ChannelControl | undefined;
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      if (control !== undefined) return;
      text += chunk;
      const end = text.indexOf("\n\n");
      if (end === -1) return;
      control = new ChannelControl(socket, text.slice(0, end));
      this.#waiting.push(control);
      this.#wake();
    });
    socket.write("connect\n\n");
  }
}
