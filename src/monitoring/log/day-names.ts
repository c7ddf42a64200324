import { basename, dirname, extname, join } from "node:path";

const dayMs = 24 * 3_600_000;

/** Days since 1970, in UTC, at this many milliseconds since then. */
export function dayOf(epochMs: number): number {
  return Math.floor(epochMs / dayMs);
}

/** The files of a log, one for each day: of `/var/log/einwahl.log` they are `/var/log/einwahl-2026-11-20.log` and so on. */
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

  /** The day of a file of this log; `undefined` for every other file. */
  dayOf(name: string): number | undefined {
    if (!name.startsWith(`${this.#stem}-`) || !name.endsWith(this.#ending)) return undefined;
    const date = name.slice(this.#stem.length + 1, name.length - this.#ending.length);
    const at = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : Number.NaN;
    return Number.isNaN(at) ? undefined : dayOf(at);
  }
}
