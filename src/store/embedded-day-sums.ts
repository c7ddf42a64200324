import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import { failure, type Result, success } from "../util/result.js";
import { daysKept, type DaySum, type DaySums } from "./day-sums.js";
import { replaceFile } from "./replace-file.js";
import type { StoreFailure } from "./room-store.js";

const fileName = "statistics.json";
const content = z.strictObject({
  days: z.record(z.iso.date(), z.strictObject({ calls: z.int().min(0), seconds: z.number().min(0) })),
});

/** The sums in one small file that is replaced as a whole: a journal would reveal single calls. */
export class EmbeddedDaySums implements DaySums {
  readonly #path: string;
  readonly #onTrouble: (what: string) => void;
  readonly #days: Map<string, Omit<DaySum, "day">>;
  #writing: Promise<Result<void, StoreFailure>> = Promise.resolve(success(undefined));

  private constructor(path: string, days: Map<string, Omit<DaySum, "day">>, onTrouble: (what: string) => void) {
    this.#path = path;
    this.#days = days;
    this.#onTrouble = onTrouble;
  }

  /** @param directory already locked by a room store */
  static async open(directory: string, onTrouble: (what: string) => void): Promise<Result<EmbeddedDaySums, string>> {
    const path = join(directory, fileName);
    try {
      const parsed = content.parse(JSON.parse(await readFile(path, "utf8")));
      return success(new EmbeddedDaySums(path, new Map(Object.entries(parsed.days)), onTrouble));
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT")
        return success(new EmbeddedDaySums(path, new Map(), onTrouble));
      return failure(`${path} can't be read; remove it to start with empty statistics`);
    }
  }

  async add({ day, calls, seconds }: DaySum): Promise<Result<void, StoreFailure>> {
    const before = this.#days.get(day) ?? { calls: 0, seconds: 0 };
    this.#days.set(day, { calls: before.calls + calls, seconds: before.seconds + seconds });
    for (const old of [...this.#days.keys()].sort().slice(0, -daysKept)) this.#days.delete(old);
    this.#writing = this.#writing.then(() => this.#write());
    return await this.#writing;
  }

  latest(most: number): Promise<Result<readonly DaySum[], StoreFailure>> {
    const days = [...this.#days]
      .map(([day, sum]) => ({ day, ...sum }))
      .sort((left, right) => (left.day < right.day ? -1 : 1));
    return Promise.resolve(success(days.slice(-most)));
  }

  async #write(): Promise<Result<void, StoreFailure>> {
    const written = await replaceFile(this.#path, `${JSON.stringify({ days: Object.fromEntries(this.#days) })}\n`);
    if (written.ok) return written;
    this.#onTrouble(written.failure);
    return failure("unavailable");
  }
}
