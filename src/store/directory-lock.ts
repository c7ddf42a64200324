import { randomBytes } from "node:crypto";
import { type FileHandle, open, readdir, unlink } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";

import { failure, type Result, success } from "../util/result.js";

/** Timeout for another process to report whether it holds the lock, in milliseconds. */
const answerTimeoutMs = 2_000;
/** Two processes that start at the same moment both back off and retry. */
const maxTries = 10;
const maxPauseMs = 100;

type Other = "holds" | "tries" | "dead";

/**
 * Locks a directory against a second process. Each process listens on a Unix socket in it, then looks for other sockets:
 * of two processes at least the later one sees the other and backs off. The kernel closes a socket when its process
 * dies for any reason, and the socket is visible to other containers that share the directory.
 */
export class DirectoryLock {
  readonly #handle: FileHandle;
  readonly #server: Server;

  private constructor(handle: FileHandle, server: Server) {
    this.#handle = handle;
    this.#server = server;
  }

  /** Rejects if the directory is unusable. */
  static async take(directory: string): Promise<Result<DirectoryLock, "held">> {
    const handle = await open(directory, "r");
    const base = baseOf(handle, directory);
    try {
      for (let tries = 0; tries < maxTries; tries++) {
        const tried = await tryOnce(base);
        if (typeof tried === "object") return success(new DirectoryLock(handle, tried));
        if (tried === "holds") break;
        await pause(Math.random() * maxPauseMs);
      }
    } catch (error) {
      await handle.close();
      throw error;
    }
    await handle.close();
    return failure("held");
  }

  /** Whether a process holds the lock; does not try to take it. Rejects if the directory is unusable. */
  static async isHeld(directory: string): Promise<boolean> {
    const handle = await open(directory, "r");
    try {
      const base = baseOf(handle, directory);
      const states = await Promise.all(
        (await readdir(base)).filter((name) => name.startsWith("lock-")).map((name) => ask(join(base, name))),
      );
      return states.includes("holds");
    } finally {
      await handle.close();
    }
  }

  async release(): Promise<void> {
    await close(this.#server);
    await this.#handle.close();
  }
}

/** A socket path is limited to 107 bytes; via the file descriptor of the directory it is short. */
function baseOf(handle: FileHandle, directory: string): string {
  return process.platform === "linux" ? `/proc/self/fd/${handle.fd}` : directory;
}

/** The server that holds the lock, or the state of the process that prevents it. */
async function tryOnce(base: string): Promise<Server | Exclude<Other, "dead">> {
  const own = `lock-${randomBytes(6).toString("hex")}`;
  const self: { state: Exclude<Other, "dead"> } = { state: "tries" };
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.end(self.state);
  });
  try {
    await listen(server, join(base, own));
    server.unref();
    const others = (await readdir(base)).filter((name) => name.startsWith("lock-") && name !== own);
    const states = await Promise.all(others.map((name) => ask(join(base, name))));
    const alive = states.filter((state) => state !== "dead");
    if (alive.length === 0) {
      self.state = "holds";
      return server;
    }
    await close(server);
    return alive.includes("holds") ? "holds" : "tries";
  } catch (error) {
    await close(server);
    throw error;
  }
}

/** The state reported by the process behind a socket. Unlinks the socket of a dead one: its random name is never reused. */
async function ask(path: string): Promise<Other> {
  const answer = await new Promise<Other>((resolve) => {
    const socket = connect(path);
    let said = "";
    const settle = (state: Other): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(state);
    };
    // A process that accepts the connection but sends nothing is stopped or busy, not dead.
    const timer = setTimeout(settle, answerTimeoutMs, "holds");
    socket.on("data", (chunk: Buffer) => {
      said += chunk.toString("latin1");
    });
    socket.once("end", () => {
      settle(said === "holds" ? "holds" : "tries");
    });
    socket.once("error", (error) => {
      const isDead = "code" in error && (error.code === "ECONNREFUSED" || error.code === "ENOENT");
      settle(isDead ? "dead" : "tries");
    });
  });
  if (answer === "dead") await unlink(path).catch(() => undefined);
  return answer;
}

async function listen(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
}

/** Also removes the socket from the directory. */
async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}
