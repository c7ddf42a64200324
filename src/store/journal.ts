import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

import { messageOf } from "../util/error-message.js";
import { failure, type Result, success } from "../util/result.js";
import { decodeLine, encodeLine } from "./journal-lines.js";

/** The contents of a journal and its callbacks. */
export interface JournalContent<Entry> {
  /** The first line: file type and version. */
  readonly header: string;
  /** Parses an entry from the disk; false: invalid. */
  readonly take: (entry: unknown) => entry is Entry;
  /** Called in journal order, both on reading and after an entry was written. */
  readonly apply: (entry: Entry) => void;
  /** The present state in as few entries as possible. */
  readonly condense: () => Iterable<Entry>;
  /** A disk fault, or a repair after a crash; one line. */
  readonly onTrouble: (what: string) => void;
}

interface Waiting<Entry> {
  readonly entries: readonly Entry[];
  readonly done: (isWritten: boolean) => void;
}

const readSize = 1_048_576;
/** Longer than any line written. */
const maxLineLength = 64 * 1_048_576;
const maxInOneLine = 2_000;
/** A journal is condensed when it exceeds twice its size after the last condensing by this many bytes. */
const slack = 1_048_576;

/**
 * An append-only file that is condensed from time to time. Entries appended during a write are batched into the next
 * one, so that a hundred concurrent callers wait for two writes instead of a hundred.
 */
export class Journal<Entry> {
  readonly #path: string;
  readonly #content: JournalContent<Entry>;
  #file: FileHandle;
  #size: number;
  #condensedSize: number;
  /** Whether the file contains superseded lines. */
  #isStale = false;
  /** Whether part of the present state has expired while `tidy` is queued. */
  #tidyDue: (() => boolean) | undefined;
  #waiting: Waiting<Entry>[] = [];
  #writing: Promise<void> | undefined;
  #isBroken = false;
  #isClosed = false;

  private constructor(path: string, content: JournalContent<Entry>, file: FileHandle, size: number) {
    this.#path = path;
    this.#content = content;
    this.#file = file;
    this.#size = size;
    this.#condensedSize = size;
  }

  /** Reads the file or creates it. The failure is one line. Never rejects. */
  static async open<Entry>(path: string, content: JournalContent<Entry>): Promise<Result<Journal<Entry>, string>> {
    try {
      await rm(`${path}.new`, { force: true });
      const size = await read(path, content);
      if (!size.ok) return size;
      if (size.value === undefined) {
        const fresh = await writeNew(path, content.header, []);
        const journal = new Journal(path, content, fresh.file, fresh.size);
        await journal.#syncDirectory();
        return success(journal);
      }
      const journal = new Journal(path, content, await openWhole(path, size.value, content.onTrouble), size.value);
      await journal.#condense();
      return success(journal);
    } catch (error) {
      return failure(`${path} can't be used: ${reason(error)}`);
    }
  }

  /** Resolves once the entries are on the disk and applied; false: neither, permanently. */
  async append(entries: readonly Entry[]): Promise<boolean> {
    if (this.#isClosed || this.#isBroken) return false;
    return await new Promise((done) => {
      this.#waiting.push({ entries, done });
      this.#writing ??= this.#write();
    });
  }

  /** Rewrites the file if it contains superseded states. Never rejects. @param isOutdated part of the state has expired */
  async tidy(isOutdated: () => boolean): Promise<void> {
    if (this.#isClosed || this.#isBroken || !(this.#isStale || isOutdated())) return;
    this.#tidyDue = isOutdated;
    this.#writing ??= this.#write();
    await this.#writing;
  }

  /** Writes only the entries pending now. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#writing;
    await this.#file.close();
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0 || this.#tidyDue !== undefined) {
      const isOutdated = this.#tidyDue;
      this.#tidyDue = undefined;
      // An earlier queued run may have done it.
      if (isOutdated !== undefined && (this.#isStale || isOutdated())) await this.#condense();
      const batch = this.#waiting.splice(0, maxInOneLine);
      const entries = batch.flatMap((each) => each.entries);
      if (batch.length === 0) continue;
      const isWritten = !this.#isBroken && (await this.#writeLine(encodeLine(entries)));
      if (isWritten) for (const entry of entries) this.#content.apply(entry);
      for (const { done } of batch) done(isWritten);
      if (isWritten && this.#size > 2 * this.#condensedSize + slack) await this.#condense();
    }
    // Synchronous with the check for pending entries, otherwise an append could wait for a write that has ended.
    this.#writing = undefined;
  }

  async #writeLine(line: Buffer): Promise<boolean> {
    try {
      await writeAll(this.#file, line, this.#size);
    } catch (error) {
      this.#content.onTrouble(`${this.#path} can't be written: ${reason(error)}`);
      await this.#cutBack();
      return false;
    }
    try {
      await this.#file.datasync();
      this.#size += line.length;
      this.#isStale = true;
      return true;
    } catch (error) {
      // The content of the disk is unknown until it is read again.
      this.#content.onTrouble(`${this.#path} may not be durable and is not written until a restart: ${reason(error)}`);
      this.#isBroken = true;
      return false;
    }
  }

  /** Truncates a partial line: the next line must not be appended to it. */
  async #cutBack(): Promise<void> {
    try {
      await this.#file.truncate(this.#size);
    } catch (error) {
      this.#content.onTrouble(`${this.#path} is not written until a restart: ${reason(error)}`);
      this.#isBroken = true;
    }
  }

  async #condense(): Promise<void> {
    try {
      const { file, size } = await writeNew(this.#path, this.#content.header, this.#content.condense());
      const old = this.#file;
      this.#file = file;
      this.#size = size;
      this.#condensedSize = size;
      this.#isStale = false;
      await this.#syncDirectory();
      await old.close();
    } catch (error) {
      this.#content.onTrouble(`${this.#path} can't be condensed: ${reason(error)}`);
      this.#isStale = true;
      // Do not retry after every line.
      this.#condensedSize = this.#size;
    }
  }

  /** Without this fsync a power failure could restore the old file, without the entries added since. */
  async #syncDirectory(): Promise<void> {
    try {
      await syncDirectory(dirname(this.#path));
    } catch (error) {
      this.#content.onTrouble(`${this.#path} is not written until a restart: ${reason(error)}`);
      this.#isBroken = true;
    }
  }
}

/** The length of the intact lines; `undefined`: the file does not exist. */
async function read<Entry>(path: string, content: JournalContent<Entry>): Promise<Result<number | undefined, string>> {
  const file = await openExisting(path);
  if (file === undefined) return success(undefined);
  try {
    let rest = Buffer.alloc(0);
    let whole = 0;
    for (let number = 1; ;) {
      const chunk = Buffer.alloc(readSize);
      const { bytesRead } = await file.read(chunk, 0, readSize, whole + rest.length);
      if (bytesRead === 0) return number === 1 ? failure(`${path} is not a journal of einwahl`) : success(whole);
      rest = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
        const line = rest.subarray(0, end);
        rest = rest.subarray(end + 1);
        if (!takeLine(line, number, content)) {
          const isLast = rest.length === 0 && (await isAtEnd(file, whole + end + 1));
          if (number > 1 && isLast) return success(whole);
          return failure(`line ${number} of ${path} is damaged; restore a copy of the file, or import an export`);
        }
        whole += end + 1;
        number += 1;
      }
      if (rest.length > maxLineLength) return failure(`line ${number} of ${path} is damaged: it is not terminated`);
    }
  } finally {
    await file.close();
  }
}

function takeLine<Entry>(line: Buffer, number: number, content: JournalContent<Entry>): boolean {
  if (number === 1) return line.toString("utf8") === content.header;
  const entries = decodeLine(line);
  if (entries === undefined) return false;
  const known = entries.filter(content.take);
  if (known.length !== entries.length) return false;
  for (const entry of known) content.apply(entry);
  return true;
}

async function isAtEnd(file: FileHandle, place: number): Promise<boolean> {
  return (await file.stat()).size === place;
}

/** Opens the file for writing and truncates it after the intact lines. */
async function openWhole(path: string, size: number, onTrouble: (what: string) => void): Promise<FileHandle> {
  const file = await open(path, "r+");
  try {
    const { size: onDisk } = await file.stat();
    if (onDisk > size) {
      onTrouble(
        `the last ${onDisk - size} bytes of ${path} are an unfinished write from a crash and are dropped: they were never acknowledged`,
      );
      await file.truncate(size);
      await file.sync();
    }
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function openExisting(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "r");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Writes a new file and renames it over the old one once it is on the disk. */
async function writeNew(
  path: string,
  header: string,
  entries: Iterable<unknown>,
): Promise<{ readonly file: FileHandle; readonly size: number }> {
  const file = await open(`${path}.new`, "w+", 0o600);
  try {
    let size = await writeAll(file, Buffer.from(`${header}\n`), 0);
    let some: unknown[] = [];
    for (const entry of entries) {
      some.push(entry);
      if (some.length < maxInOneLine) continue;
      size += await writeAll(file, encodeLine(some), size);
      some = [];
    }
    if (some.length > 0) size += await writeAll(file, encodeLine(some), size);
    await file.sync();
    await rename(`${path}.new`, path);
    return { file, size };
  } catch (error) {
    await file.close();
    // A full disk needs the space.
    await rm(`${path}.new`, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function writeAll(file: FileHandle, bytes: Buffer, at: number): Promise<number> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, at + written);
    if (bytesWritten === 0) throw new Error("the disk accepts no more data");
    written += bytesWritten;
  }
  return written;
}

function reason(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return messageOf(error);
}
