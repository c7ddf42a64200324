import { Buffer } from "node:buffer";
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";

import { faultCode } from "../../util/network-fault.js";
import { type Look, maxPlaceBytes } from "../place.js";
import type { Piece } from "../search.js";

const maxFiles = 2_000;
const maxDepth = 8;

/** The size of a file at `begin`; another inode is another file. */
interface End {
  readonly inode: number;
  readonly bytes: number;
}

/** Files, or all files below a directory, read from their end at `begin`. */
export class FileTails {
  readonly #paths: readonly string[];
  readonly #isWanted: (path: string) => boolean;
  readonly #ends = new Map<string, End>();

  /** @param isWanted filters files below a directory */
  constructor(paths: readonly string[], isWanted: (path: string) => boolean = () => true) {
    this.#paths = paths;
    this.#isWanted = isWanted;
  }

  async begin(): Promise<void> {
    for (const path of (await this.#list()).files) {
      const facts = await stat(path).catch(() => undefined);
      if (facts?.isFile() === true) this.#ends.set(path, { inode: facts.ino, bytes: facts.size });
    }
  }

  async look(): Promise<Look> {
    const { files, unseen } = await this.#list();
    const pieces: Piece[] = [];
    let room = maxPlaceBytes;
    for (const path of files) {
      const read = await this.#read(path, room);
      if (typeof read === "string") unseen.push(`${path}: ${read}`);
      else {
        room -= read.length;
        pieces.push({ source: path, bytes: read });
      }
    }
    return { pieces, unseen };
  }

  async #read(path: string, room: number): Promise<Buffer | string> {
    try {
      const handle = await open(path, "r");
      try {
        const { ino, size } = await handle.stat();
        const end = this.#ends.get(path);
        // A truncated file was rewritten from its beginning.
        const from = end?.inode === ino && end.bytes <= size ? end.bytes : 0;
        if (size - from > room) return `it is too large (${size - from} bytes)`;
        const bytes = Buffer.alloc(size - from);
        const { bytesRead } = await handle.read(bytes, 0, bytes.length, from);
        return bytes.subarray(0, bytesRead);
      } finally {
        await handle.close();
      }
    } catch (error) {
      // Deleted since it was listed.
      return faultCode(error) === "ENOENT" ? Buffer.alloc(0) : `it can't be read (${faultCode(error)})`;
    }
  }

  async #list(): Promise<{ readonly files: string[]; readonly unseen: string[] }> {
    const files: string[] = [];
    const unseen: string[] = [];
    for (const path of this.#paths) await this.#walk(path, 0, files, unseen);
    return { files, unseen };
  }

  async #walk(path: string, depth: number, files: string[], unseen: string[]): Promise<void> {
    const facts = await stat(path).catch((error: unknown) => faultCode(error));
    if (typeof facts === "string") {
      if (depth === 0 || facts !== "ENOENT") unseen.push(`${path} can't be read (${facts})`);
      return;
    }
    if (facts.isFile()) {
      if (files.length < maxFiles) files.push(path);
      else if (files.length === maxFiles) unseen.push(`${path}: there are more than ${maxFiles} files`);
      return;
    }
    if (!facts.isDirectory()) return;
    if (depth >= maxDepth) {
      unseen.push(`${path}: it is too deep`);
      return;
    }
    const names = await readdir(path).catch((error: unknown) => faultCode(error));
    if (typeof names === "string") {
      unseen.push(`${path} can't be read (${names})`);
      return;
    }
    for (const inner of names.sort().map((name) => join(path, name))) {
      if (this.#isWanted(inner)) await this.#walk(inner, depth + 1, files, unseen);
    }
  }
}
