import { basename, dirname, extname, join } from "node:path";

const dayMs = 24 * 3_600_000;

/** Converts milliseconds since 1970 to UTC days since 1970. */
export function dayOf(epochMs: number): number {
  return Math.floor(epochMs / dayMs);
}

/** Names of the daily files of a log: `/var/log/einwahl-2026-11-20.log` for `/var/log/einwahl.log`. */
export class DayNames {
  readonly directory: string;
  readonly #stem: string;
  readonly #ending: string;

  constructor(path: string) {
    this.directory = dirname(path);
    this.#ending = extname(path);
    this.#stem = basename(path, this.#ending);
  }

  path(day: number): string {
    return join(this.directory, `${this.#stem}-${new Date(day * dayMs).toISOString().slice(0, 10)}${this.#ending}`);
  }

  /** The day of a file of this log; `undefined` for other files. */
  dayOf(name: string): number | undefined {
    if (!name.startsWith(`${this.#stem}-`) || !name.endsWith(this.#ending)) return undefined;
    const date = name.slice(this.#stem.length + 1, name.length - this.#ending.length);
    const at = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : Number.NaN;
    return Number.isNaN(at) ? undefined : dayOf(at);
  }
}
