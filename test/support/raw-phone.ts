import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";

export interface RawPlace {
  readonly transport: "udp" | "tcp";
  readonly port: number;
}

/** Sends SIP as given, valid or not, from 127.0.0.1, and stores the responses. */
export class RawPhone {
  /** Everything received, as one text. */
  heard = "";
  readonly port: number;
  readonly #transport: "udp" | "tcp";
  readonly #send: (text: string) => void;
  readonly #close: () => void;

  private constructor(transport: "udp" | "tcp", port: number, send: (text: string) => void, close: () => void) {
    this.#transport = transport;
    this.port = port;
    this.#send = send;
    this.#close = close;
  }

  static async open({ transport, port }: RawPlace): Promise<RawPhone> {
    const phone = transport === "udp" ? await RawPhone.#udp(port) : await RawPhone.#tcp(port);
    return phone;
  }

  /** The Via of a request with this branch. */
  via(branch: string): string {
    return `Via: SIP/2.0/${this.#transport.toUpperCase()} 127.0.0.1:${this.port};branch=z9hG4bK${branch};rport`;
  }

  /** @param head start line and headers; adds Content-Length and, if missing, a Via with a new branch */
  request(head: string, body = "", lineEnd = "\r\n"): void {
    const [first = "", ...others] = head
      .trim()
      .split("\n")
      .map((line) => line.trim());
    const via = others.some((line) => line.startsWith("Via:")) ? [] : [this.via(Math.random().toString(36).slice(2))];
    this.#send([first, ...via, ...others, `Content-Length: ${Buffer.byteLength(body)}`, "", body].join(lineEnd));
  }

  /** The first value of a received header, such as the To with the other side's tag. */
  header(name: string): string {
    return new RegExp(`^${name}: (.*?)\r?$`, "im").exec(this.heard)?.[1] ?? "";
  }

  close(): void {
    this.#close();
  }

  static async #udp(port: number): Promise<RawPhone> {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    const phone: RawPhone = new RawPhone(
      "udp",
      socket.address().port,
      (text) => {
        socket.send(text, port, "127.0.0.1");
      },
      () => socket.close(),
    );
    socket.on("message", (bytes) => {
      phone.heard += bytes.toString();
    });
    return phone;
  }

  static async #tcp(port: number): Promise<RawPhone> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    const phone: RawPhone = new RawPhone(
      "tcp",
      socket.localPort ?? 0,
      (text) => {
        socket.write(text);
      },
      () => socket.destroy(),
    );
    socket.on("error", () => undefined);
    socket.on("data", (bytes: Buffer) => {
      phone.heard += bytes.toString();
    });
    return phone;
  }
}
