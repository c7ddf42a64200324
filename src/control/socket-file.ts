import { randomBytes } from "node:crypto";
import { chmod, type FileHandle, link, mkdir, open, stat, unlink } from "node:fs/promises";
import { connect } from "node:net";
import { basename, dirname, join } from "node:path";
import process from "node:process";

import { messageOf } from "../util/error-message.js";
import { failure, type Result, success } from "../util/result.js";

/** How long a process may take to accept a connection before it counts as alive and busy, in milliseconds. */
const answerTimeoutMs = 2_000;
/** The most bytes of a Unix socket's path (`sun_path`), without the zero at the end. */
const maxPathBytes = 107;
const onlyOwner = 0o600;
const maxTries = 5;

/**
 * A path by which the system takes a socket, however long its own is: on Linux by way of the open directory.
 *
 * @returns the path and what has to be called when the socket is open
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
 * The place of a Unix socket in a directory. A socket that a dead process has left is replaced; one that somebody
 * listens on stays.
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
   * Makes the directory and binds the socket, for its owner alone.
   *
   * @param bind listens on the path that it is given, which is moved to its place afterwards
   * @returns a failure that says in one line why the socket can't be there; `held`: somebody listens on it
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

  /** Removes the socket, unless it is another's by now. */
  async release(): Promise<void> {
    try {
      const { ino } = await stat(this.#path, { bigint: true });
      if (ino === this.#inode) await unlink(this.#path);
    } catch {
      // Removed by hand.
    }
    await this.#directory.close();
  }

  /** @returns whether the place was free; false: somebody else who began at the same time has it */
  async #place(bind: (path: string) => Promise<void>): Promise<boolean> {
    // Bound under another name first: nobody can connect before the mode is right.
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

/** A link, unlike a move, replaces nothing: of two that want the place at once, one gets it. */
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
  throw new Error("what is in the way comes back each time that it is removed");
}

/** Whether somebody listens on the socket; throws when something else than a socket is there. */
async function isHeld(path: string): Promise<boolean> {
  const facts = await stat(path).catch(() => undefined);
  if (facts === undefined) return false;
  if (!facts.isSocket()) throw new Error("there is a file that is no socket");
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
