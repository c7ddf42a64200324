import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import { type Day, dayMs, dayOf } from "../caller/day-keys.js";
import { failure, type Result, success } from "../util/result.js";
import { replaceFile } from "./replace-file.js";
import type { DayKeyVault } from "./stored-day-keys.js";

const fileName = "pseudonym-keys.json";
const content = z.strictObject({ keys: z.record(z.iso.date(), z.base64().length(44)) });

/** The keys in one small file. A backup of it, or old disk blocks, may keep a key for longer than its days. */
export class EmbeddedDayKeys implements DayKeyVault {
  readonly #path: string;
  readonly #onTrouble: (what: string) => void;
  #keys: ReadonlyMap<Day, Buffer>;
  #trouble: string | undefined;

  private constructor(path: string, keys: ReadonlyMap<Day, Buffer>, onTrouble: (what: string) => void) {
    this.#path = path;
    this.#keys = keys;
    this.#onTrouble = onTrouble;
  }

  /** @param directory already locked by a room store */
  static async open(directory: string, onTrouble: (what: string) => void): Promise<Result<EmbeddedDayKeys, string>> {
    const path = join(directory, fileName);
    try {
      const { keys } = content.parse(JSON.parse(await readFile(path, "utf8")));
      return success(
        new EmbeddedDayKeys(
          path,
          new Map(Object.entries(keys).map(([day, key]) => [dayOf(Date.parse(day)), Buffer.from(key, "base64")])),
          onTrouble,
        ),
      );
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT")
        return success(new EmbeddedDayKeys(path, new Map(), onTrouble));
      return failure(
        `${path} can't be read; remove it to start with new keys, which lifts the bans of today's meetings`,
      );
    }
  }

  async agree(offered: ReadonlyMap<Day, Buffer>): Promise<Result<ReadonlyMap<Day, Buffer>, "unavailable">> {
    const before = this.#keys;
    const agreed = new Map([...offered].map(([day, key]) => [day, before.get(day) ?? key]));
    if (agreed.size === before.size && [...agreed.keys()].every((day) => before.has(day))) return success(agreed);
    const written = await replaceFile(
      this.#path,
      `${JSON.stringify({ keys: Object.fromEntries([...agreed].map(([day, key]) => [dayName(day), key.toString("base64")])) })}\n`,
    );
    this.#note(written.ok ? undefined : written.failure);
    if (!written.ok) return failure("unavailable");
    this.#keys = agreed;
    return success(agreed);
  }

  /** Reports a persistent fault once. */
  #note(trouble: string | undefined): void {
    if (trouble !== undefined && trouble !== this.#trouble) this.#onTrouble(trouble);
    this.#trouble = trouble;
  }
}

/** `2026-11-26` */
export function dayName(day: Day): string {
  return new Date(day * dayMs).toISOString().slice(0, 10);
}
