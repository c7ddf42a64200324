import { connect, type Socket } from "node:net";

/** Returns one complete request; called for each request. */
export type MakeRequest = () => string;

export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
  /** Unexpected responses. */
  readonly wrong: number;
}

/** Sends requests over `connections`, one at a time on each, for the given time. */
export async function load(
  port: number,
  make: MakeRequest,
  options: { readonly connections: number; readonly forMs: number; readonly expected: readonly number[] },
): Promise<LoadResult> {
  const latencies: number[] = [];
  let wrong = 0;
  const begin = performance.now();
  const end = begin + options.forMs;
  await Promise.all(
    Array.from({ length: options.connections }, async () => {
      const client = await Client.open(port);
      while (performance.now() < end) {
        const asked = performance.now();
        const status = await client.ask(make());
        latencies.push(performance.now() - asked);
        if (!options.expected.includes(status)) wrong += 1;
      }
      client.close();
    }),
  );
  const seconds = (performance.now() - begin) / 1_000;
  latencies.sort((left, right) => left - right);
  const at = (share: number): number =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  return {
    requests: latencies.length,
    perSecond: latencies.length / seconds,
    p50: at(0.5),
    p99: at(0.99),
    longest: at(1),
    wrong,
  };
}

/** A minimal HTTP client, so that the server is measured and not the client: expects responses with Content-Length. */
class Client {
  readonly #socket: Socket;
  #text: Buffer = Buffer.alloc(0);
  #answered: ((status: number) => void) | undefined;
  #failed: ((error: Error) => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      this.#text = this.#text.length === 0 ? chunk : Buffer.concat([this.#text, chunk]);
      this.#read();
    });
    socket.on("error", (error) => this.#failed?.(error));
    socket.on("close", () => this.#failed?.(new Error("the server has closed the connection")));
  }

  static async open(port: number): Promise<Client> {
    return await new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("error", reject);
      socket.once("connect", () => {
        resolve(new Client(socket));
      });
    });
  }

  async ask(request: string): Promise<number> {
    return await new Promise((resolve, reject) => {
      this.#answered = resolve;
      this.#failed = reject;
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#failed = undefined;
    this.#socket.destroy();
  }

  #read(): void {
    const headEnd = this.#text.indexOf("\r\n\r\n");
    if (headEnd < 0) return;
    const head = this.#text.toString("latin1", 0, headEnd);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
    const whole = headEnd + 4 + length;
    if (this.#text.length < whole) return;
    this.#text = this.#text.subarray(whole);
    this.#answered?.(Number(head.slice(9, 12)));
  }
}
