import { Buffer } from "node:buffer";
import { type FileHandle, mkdir, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

import type { Clock } from "../../util/clock.js";
import { messageOf } from "../../util/error-message.js";
import { DayNames, dayOf } from "./day-names.js";

export interface DailyFileOptions {
  /** The day is inserted before the file extension, see `DayNames`. */
  readonly path: string;
  /** Maximum age of a line in days. */
  readonly retentionDays: number;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly epochMs: () => number;
  /** Writing or deleting began to fail, fails for another reason, or works again (`undefined`). */
  readonly onTrouble: (what: string | undefined) => void;
}

interface Lines {
  readonly day: number;
  readonly bytes: Buffer;
}

/** Buffer while the disk is full or slow, in bytes; about 2,000 calls. */
const maxWaiting = 2_000_000;
/** Retry interval after a failed write, in milliseconds. */
const retryMs = 10_000;
/** Interval of the checks for expired files and for removal of the current file. */
const tidyMs = 60_000;

/**
 * Writes lines to one file per UTC day. Callers never wait for the disk: a full, slow or missing disk costs log lines
 * only, and their number is logged afterwards.
 *
 * Rotation libraries delete by number of files, and would keep expired files after a pause.
 */
export class DailyFile {
  readonly #options: DailyFileOptions;
  readonly #names: DayNames;
  #waiting: Lines[] = [];
  #waitingBytes = 0;
  #lost = 0;
  #current: { readonly day: number; readonly handle: FileHandle } | undefined;
  /** Serialises operations on the file. */
  #work: Promise<void> = Promise.resolve();
  #state: "open" | "failing" | "closed" = "open";
  #writeFault: string | undefined;
  #tidyFault: string | undefined;
  #isAsked = false;
  #cancelRetry: () => void = () => undefined;
  #cancelTidy: () => void = () => undefined;

  constructor(options: DailyFileOptions) {
    this.#options = options;
    this.#names = new DayNames(options.path);
    this.#tidyLater(0);
  }

  /** The current fault; `undefined`: none. */
  get trouble(): string | undefined {
    return this.#writeFault ?? this.#tidyFault;
  }

  /** @param text including the line break */
  write(text: string): void {
    const bytes = Buffer.from(text);
    if (this.#state === "closed" || this.#waitingBytes + bytes.length > maxWaiting) {
      this.#lost += 1;
      return;
    }
    this.#waiting.push({ day: this.#today(), bytes });
    this.#waitingBytes += bytes.length;
    if (this.#state === "open") this.#ask();
  }

  /** Resolves once the buffered lines are written, or failed to be. */
  async flush(): Promise<void> {
    if (this.#waiting.length > 0) this.#ask();
    await this.#work;
  }

  /** Writes the buffered lines and closes the file. */
  async close(): Promise<void> {
    this.#cancelRetry();
    this.#cancelTidy();
    await this.flush();
    this.#state = "closed";
    this.#cancelRetry();
    await this.#letGo();
  }

  #today(): number {
    return dayOf(this.#options.epochMs());
  }

  /** Never rejects: faults are reported. */
  #ask(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    this.#work = this.#work.then(async () => {
      this.#isAsked = false;
      await this.#write();
    });
  }

  async #write(): Promise<void> {
    try {
      for (let lines = this.#take(); lines !== undefined; lines = this.#take()) await this.#append(lines);
      if (this.#state === "failing") this.#state = "open";
      this.#note(() => {
        this.#writeFault = undefined;
      });
    } catch (error) {
      this.#note(() => {
        this.#writeFault = messageOf(error);
      });
      await this.#letGo();
      this.#tryAgainLater();
    }
  }

  async #append({ day, bytes }: Lines): Promise<void> {
    let rest = bytes;
    try {
      const handle = await this.#handle(day);
      while (rest.length > 0) rest = rest.subarray((await handle.write(rest)).bytesWritten);
    } catch (error) {
      this.#waiting.unshift({ day, bytes: rest });
      this.#waitingBytes += rest.length;
      throw error;
    }
  }

  /** All buffered lines of the first line's day; drops expired lines. */
  #take(): Lines | undefined {
    const waiting = this.#waiting.filter(({ day }) => !this.#isExpired(day));
    const [first] = waiting;
    if (first === undefined) {
      this.#waiting = [];
      this.#waitingBytes = 0;
      return this.#takeLost();
    }
    this.#waiting = waiting.filter(({ day }) => day !== first.day);
    this.#waitingBytes = this.#waiting.reduce((sum, { bytes }) => sum + bytes.length, 0);
    return {
      day: first.day,
      bytes: Buffer.concat(waiting.filter(({ day }) => day === first.day).map(({ bytes }) => bytes)),
    };
  }

  /** Logs the number of lost lines once all others are written. */
  #takeLost(): Lines | undefined {
    if (this.#lost === 0) return undefined;
    const line = { level: 40, time: this.#options.epochMs(), lost: this.#lost, msg: "log lines were lost" };
    this.#lost = 0;
    return { day: this.#today(), bytes: Buffer.from(`${JSON.stringify(line)}\n`) };
  }

  async #handle(day: number): Promise<FileHandle> {
    if (this.#current?.day === day) return this.#current.handle;
    await this.#letGo();
    await mkdir(this.#names.directory, { recursive: true, mode: 0o750 });
    const handle = await open(this.#names.path(day), "a", 0o640);
    this.#current = { day, handle };
    return handle;
  }

  async #letGo(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    // A full disk may report the error once more; no data is affected.
    await current?.handle.close().catch(() => undefined);
  }

  #tidyLater(ms: number): void {
    this.#cancelTidy = this.#options.clock.after(ms, () => {
      this.#work = this.#work.then(() => this.#tidy());
      this.#tidyLater(tidyMs);
    });
  }

  async #tidy(): Promise<void> {
    let fault: string | undefined;
    try {
      await this.#letGoOfOld();
      await this.#deleteExpired();
    } catch (error) {
      fault = messageOf(error);
    }
    this.#note(() => {
      this.#tidyFault = fault;
    });
  }

  async #letGoOfOld(): Promise<void> {
    if (
      this.#current !== undefined &&
      (this.#current.day !== this.#today() || (await this.#current.handle.stat()).nlink === 0)
    )
      await this.#letGo();
  }

  async #deleteExpired(): Promise<void> {
    await mkdir(this.#names.directory, { recursive: true, mode: 0o750 });
    for (const entry of await readdir(this.#names.directory, { withFileTypes: true })) {
      const { name } = entry;
      const day = entry.isDirectory() ? undefined : this.#names.dayOf(name);
      if (day !== undefined && this.#isExpired(day)) await rm(join(this.#names.directory, name), { force: true });
    }
  }

  #isExpired(day: number): boolean {
    return day <= this.#today() - this.#options.retentionDays;
  }

  #tryAgainLater(): void {
    if (this.#state === "closed") return;
    this.#state = "failing";
    this.#cancelRetry();
    this.#cancelRetry = this.#options.clock.after(retryMs, () => {
      this.#ask();
    });
  }

  #note(change: () => void): void {
    const before = this.trouble;
    change();
    if (this.trouble !== before) this.#options.onTrouble(this.trouble);
  }
}
