import { randomBytes } from "node:crypto";
import { type FileHandle, open, readdir, unlink } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";

import { failure, type Result, success } from "../util/result.js";

/** How long another process may take to say whether it holds the lock, in milliseconds. */
const answerTimeoutMs = 2_000;
/** Two who come at once both step back and try again. */
const maxTries = 10;
const maxPauseMs = 100;

type Other = "holds" | "tries" | "dead";

/**
 * Keeps a second process out of a directory. Whoever wants in puts a Unix socket there that listens, then looks for
 * others: of two at least the later one sees the other, and whoever sees one steps back. The kernel lets go of a socket
 * when its process dies, whatever kills it, and it is seen from other containers that share the directory.
 */
export class DirectoryLock {
  readonly #handle: FileHandle;
  readonly #server: Server;

  private constructor(handle: FileHandle, server: Server) {
    this.#handle = handle;
    this.#server = server;
  }

  /** Rejects when the directory can't be used at all. */
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

  /** Whether a process has it, without a try to take it. Rejects when the directory can't be used at all. */
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

/** The path of a socket has at most 107 bytes; by way of the open directory it is short. */
function baseOf(handle: FileHandle, directory: string): string {
  return process.platform === "linux" ? `/proc/self/fd/${handle.fd}` : directory;
}

/** The server that is the lock, or why there is none. */
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

/** What the process behind a socket says. A dead one's socket is cleared away: no other will ever have its name. */
async function ask(path: string): Promise<Other> {
  const answer = await new Promise<Other>((resolve) => {
    const socket = connect(path);
    let said = "";
    const settle = (state: Other): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(state);
    };
    // Somebody who does not answer, but whose socket there is, is stopped or busy, not dead.
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
