import { randomBytes } from "node:crypto";
import { type FileHandle, link, open, rename, unlink } from "node:fs/promises";
import { type Server, connect, createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { type Result, failure, success } from "../result.js";

/** How long another process may take to show that it lives, in milliseconds. */
const answerWithinMs = 2_000;

/**
 * Keeps a second process out of a directory. The lock is a Unix socket that listens: the kernel lets go of it when the
 * process dies, whatever kills it, and it is seen from other containers that share the directory.
 */
export class DirectoryLock {
  readonly #directory: string;
  readonly #handle: FileHandle;
  readonly #server: Server;

  private constructor(directory: string, handle: FileHandle, server: Server) {
    this.#directory = directory;
    this.#handle = handle;
    this.#server = server;
  }

  /** Rejects when the directory can't be used at all. */
  static async take(directory: string): Promise<Result<DirectoryLock, "held">> {
    const handle = await open(directory, "r");
    // The path of a socket has at most 107 bytes; by way of the open directory it is short.
    const base = process.platform === "linux" ? `/proc/self/fd/${handle.fd}` : directory;
    const own = `lock-${randomBytes(6).toString("hex")}`;
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.destroy();
    });
    try {
      await listen(server, join(base, own));
      server.unref();
      const isTaken = await takeOver(base, own);
      if (isTaken) return success(new DirectoryLock(directory, handle, server));
    } catch (error) {
      await close(server);
      await handle.close();
      throw error;
    }
    await close(server);
    await handle.close();
    return failure("held");
  }

  async release(): Promise<void> {
    await unlink(join(this.#directory, "lock")).catch(() => undefined);
    await close(this.#server);
    await this.#handle.close();
  }
}

async function takeOver(base: string, own: string): Promise<boolean> {
  const path = join(base, "lock");
  if (await isLinked(join(base, own), path)) return true;
  if (await isAlive(path)) return false;
  // Left behind. Only one of several who see that can move it away; should it be a fresh one by now, it is put back.
  const aside = join(base, `${own}-old`);
  try {
    await rename(path, aside);
  } catch {
    return await isLinked(join(base, own), path);
  }
  if (await isAlive(aside)) {
    await link(aside, path).catch(() => undefined);
    await unlink(aside);
    return false;
  }
  await unlink(aside);
  return await isLinked(join(base, own), path);
}

async function isLinked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

async function isAlive(path: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(path);
    const answer = (isIt: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(isIt);
    };
    // Somebody who does not answer, but whose socket there is, is stopped or busy, not dead.
    const timer = setTimeout(answer, answerWithinMs, true);
    socket.once("connect", () => {
      answer(true);
    });
    socket.once("error", () => {
      answer(false);
    });
  });
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

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    if (!server.listening) {
      resolve();
      return;
    }
    server.close(() => {
      resolve();
    });
  });
}
