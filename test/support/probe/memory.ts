import { connect } from "node:net";
import { text } from "node:stream/consumers";

/** A full garbage collection or a heap snapshot of a busy process takes seconds. */
const answerTimeoutMs = 120_000;

/** Bytes, as from `process.memoryUsage()`. */
export interface MemoryUsage {
  readonly rss: number;
  readonly heapUsed: number;
  /** Memory of C++ objects that JavaScript objects hold, buffers among them. */
  readonly external: number;
}

/** How a process is started so that `MemoryProbe` can ask it. */
export interface Probed {
  readonly nodeArgs: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** @param socket path of the Unix socket that the process opens */
export function probed(socket: string): Probed {
  return {
    nodeArgs: ["--expose-gc", "--import", new URL("memory-probe.js", import.meta.url).href],
    env: { MEMORY_PROBE_SOCKET: socket },
  };
}

/** Asks another process about its memory. */
export class MemoryProbe {
  readonly #socket: string;

  constructor(socket: string) {
    this.#socket = socket;
  }

  /** Without a collection. */
  async now(): Promise<MemoryUsage> {
    return (await this.#ask("now")) as MemoryUsage;
  }

  /** After a full garbage collection, which stops the process for up to 100 ms. */
  async settled(): Promise<MemoryUsage> {
    return (await this.#ask("settled")) as MemoryUsage;
  }

  /** Writes a heap snapshot, which stops the process for seconds. */
  async snapshot(file: string): Promise<void> {
    await this.#ask(`snapshot ${file}`);
  }

  async #ask(question: string): Promise<unknown> {
    const socket = connect(this.#socket);
    const slow = AbortSignal.timeout(answerTimeoutMs);
    const stop = (): void => {
      socket.destroy(new Error(`no answer to ${question} within ${answerTimeoutMs} ms`));
    };
    slow.addEventListener("abort", stop);
    try {
      socket.write(`${question}\n`);
      return JSON.parse(await text(socket)) as unknown;
    } finally {
      slow.removeEventListener("abort", stop);
      socket.destroy();
    }
  }
}
