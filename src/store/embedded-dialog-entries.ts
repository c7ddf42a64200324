import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import { failure, type Result, success } from "../util/result.js";
import { type DialogEntries, maxDialogs, maxEntryLength } from "./dialog-entries.js";
import { replaceFile } from "./replace-file.js";

const fileName = "dialogs.json";
const content = z.strictObject({ dialogs: z.array(z.string().max(maxEntryLength)).max(maxDialogs) });

/** The entries of one instance, in one small file. */
export class EmbeddedDialogEntries implements DialogEntries {
  readonly sharing = "one-instance";
  readonly #path: string;
  readonly #onTrouble: (what: string) => void;
  readonly #entries: Set<string>;
  #trouble: string | undefined;
  #writing: Promise<void> = Promise.resolve();
  /** The next write, if it has not begun: it writes all changes until then. */
  #next: Promise<void> | undefined;

  private constructor(path: string, entries: Set<string>, onTrouble: (what: string) => void) {
    this.#path = path;
    this.#entries = entries;
    this.#onTrouble = onTrouble;
  }

  /** @param directory already locked by a room store */
  static async open(
    directory: string,
    onTrouble: (what: string) => void,
  ): Promise<Result<EmbeddedDialogEntries, string>> {
    const path = join(directory, fileName);
    try {
      const { dialogs } = content.parse(JSON.parse(await readFile(path, "utf8")));
      return success(new EmbeddedDialogEntries(path, new Set(dialogs), onTrouble));
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT")
        return success(new EmbeddedDialogEntries(path, new Set(), onTrouble));
      return failure(`${path} can't be read; remove it: calls that a crash has left then end with their callers only`);
    }
  }

  async add(entry: string): Promise<void> {
    if (this.#entries.has(entry)) return;
    this.#entries.add(entry);
    for (const oldest of this.#entries) {
      if (this.#entries.size <= maxDialogs) break;
      this.#entries.delete(oldest);
    }
    await this.#save();
  }

  async remove(entry: string): Promise<void> {
    if (this.#entries.delete(entry)) await this.#save();
  }

  all(): Promise<readonly string[]> {
    return Promise.resolve([...this.#entries].reverse());
  }

  /** Resolves when all changes so far are on the disk. */
  async #save(): Promise<void> {
    this.#next ??= this.#writing.then(async () => {
      this.#next = undefined;
      await this.#write();
    });
    this.#writing = this.#next;
    await this.#next;
  }

  async #write(): Promise<void> {
    const written = await replaceFile(this.#path, `${JSON.stringify({ dialogs: [...this.#entries] })}\n`);
    const trouble = written.ok ? undefined : written.failure;
    // Report a persistent fault once.
    if (trouble !== undefined && trouble !== this.#trouble) this.#onTrouble(trouble);
    this.#trouble = trouble;
  }
}
