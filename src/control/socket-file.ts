import { randomBytes } from "node:crypto";
import { chmod, type FileHandle, link, mkdir, open, stat, unlink } from "node:fs/promises";
import { connect } from "node:net";
import { basename, dirname, join } from "node:path";
import process from "node:process";

import { messageOf } from "../util/error-message.js";
import { failure, type Result, success } from "../util/result.js";

/** Timeout for a connection, in milliseconds; after it the listening process counts as alive but busy. */
const answerTimeoutMs = 2_000;
/** Maximum length of a Unix socket's path (`sun_path`), in bytes, without the terminating zero. */
const maxPathBytes = 107;
const onlyOwner = 0o600;
const maxTries = 5;

/**
 * A path within the system's length limit for the socket: on Linux through a descriptor of its directory.
 *
 * @returns the path, and the function to call once the socket is connected
 */
export async function reachablePath(
  path: string,
): Promise<{ readonly path: string; readonly done: () => Promise<void> }> {
  const done = (): Promise<void> => Promise.resolve();
  if (Buffer.byteLength(path) <= maxPathBytes || process.platform !== "linux") return { path, done };
  const directory: FileHandle = await open(dirname(path), "r");
  return { path: `/proc/self/fd/${directory.fd}/${basename(path)}`, done: () => directory.close() };
}

/**
 * The file of a Unix socket. The socket of a dead process is replaced; one with a listening process is kept.
 */
export class SocketFile {
  readonly #path: string;
  readonly #directory: FileHandle;
  #inode = 0n;

  private constructor(path: string, directory: FileHandle) {
    this.#path = path;
    this.#directory = directory;
  }

  /**
   * Creates the directory and binds the socket, accessible to its owner only.
   *
   * @param bind listens on the given temporary path, which is linked to the final path afterwards
   * @returns `held`: another process listens on it; `why`: the reason why the socket can't be created, in one line
   */
  static async take(
    path: string,
    bind: (path: string) => Promise<void>,
  ): Promise<Result<SocketFile, "held" | { readonly why: string }>> {
    let directory: FileHandle;
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      directory = await open(dirname(path), "r");
    } catch (error) {
      return failure({ why: messageOf(error) });
    }
    const file = new SocketFile(path, directory);
    try {
      if (await isHeld(path)) {
        await directory.close();
        return failure("held");
      }
      if (await file.#place(bind)) return success(file);
      await directory.close();
      return failure("held");
    } catch (error) {
      await directory.close();
      return failure({ why: messageOf(error) });
    }
  }

  /** Removes the socket, unless another process has replaced it. */
  async release(): Promise<void> {
    try {
      const { ino } = await stat(this.#path, { bigint: true });
      if (ino === this.#inode) await unlink(this.#path);
    } catch {
      // Already removed, e.g. by hand.
    }
    await this.#directory.close();
  }

  /** @returns false: another process that started at the same time has the path */
  async #place(bind: (path: string) => Promise<void>): Promise<boolean> {
    // Bind under a temporary name: no process can connect before the mode is set.
    const name = `.control-${randomBytes(4).toString("hex")}`;
    const own = join(dirname(this.#path), name);
    await bind(process.platform === "linux" ? `/proc/self/fd/${this.#directory.fd}/${name}` : own);
    try {
      await chmod(own, onlyOwner);
      this.#inode = (await stat(own, { bigint: true })).ino;
      return await linkUnlessHeld(own, this.#path);
    } finally {
      await unlink(own).catch(() => undefined);
    }
  }
}

/** A link, unlike a rename, does not replace a file: only one of two concurrent processes gets the path. */
async function linkUnlessHeld(own: string, path: string): Promise<boolean> {
  for (let tries = 0; tries < maxTries; tries += 1) {
    try {
      await link(own, path);
      return true;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    if (await isHeld(path)) return false;
    await unlink(path).catch(() => undefined);
  }
  throw new Error("the existing socket file reappears each time it is removed");
}

/** Whether a process listens on the socket; throws if the path is not a socket. */
async function isHeld(path: string): Promise<boolean> {
  const facts = await stat(path).catch(() => undefined);
  if (facts === undefined) return false;
  if (!facts.isSocket()) throw new Error("the path is a file, not a socket");
  const reachable = await reachablePath(path);
  try {
    return await new Promise<boolean>((resolve) => {
      const socket = connect(reachable.path);
      const settle = (held: boolean): void => {
        clearTimeout(timer);
        socket.destroy();
        resolve(held);
      };
      const timer = setTimeout(settle, answerTimeoutMs, true);
      socket.once("connect", () => {
        settle(true);
      });
      socket.once("error", (error) => {
        settle(!("code" in error && (error.code === "ECONNREFUSED" || error.code === "ENOENT")));
      });
    });
  } finally {
    await reachable.done();
  }
}
