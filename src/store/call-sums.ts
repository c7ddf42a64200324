import type { Clock } from "../util/clock.js";
import type { DaySum, DaySums } from "./day-sums.js";

/** Delay before sums are written, in milliseconds: a shorter one would reveal single calls on the disk. */
const writeAfterMs = 60_000;
/** Maximum number of days kept while the store is unavailable. */
const maxWaiting = 10;

/** Sums up calls and writes the sums periodically. */
export class CallSums {
  readonly #sums: DaySums;
  readonly #clock: Clock;
  readonly #today: () => string;
  readonly #waiting = new Map<string, Omit<DaySum, "day">>();
  #cancelTimer: (() => void) | undefined;

  /** @param today `2026-11-20`, in the operator's time zone */
  constructor(sums: DaySums, clock: Clock, today: () => string = localDay) {
    this.#sums = sums;
    this.#clock = clock;
    this.#today = today;
  }

  /** Adds an ended call. @param seconds its time in conferences */
  add(seconds: number): void {
    this.#keep({ day: this.#today(), calls: 1, seconds });
    this.#cancelTimer ??= this.#clock.after(writeAfterMs, () => {
      this.#cancelTimer = undefined;
      this.flush().catch(() => undefined);
    });
  }

  /** Writes the pending sums; keeps those that fail for the next time. Never rejects. */
  async flush(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const waiting = [...this.#waiting].map(([day, sum]) => ({ day, ...sum }));
    this.#waiting.clear();
    for (const sum of waiting) {
      const added = await this.#sums.add(sum);
      if (!added.ok) this.#keep(sum);
    }
  }

  #keep({ day, calls, seconds }: DaySum): void {
    const before = this.#waiting.get(day) ?? { calls: 0, seconds: 0 };
    this.#waiting.set(day, { calls: before.calls + calls, seconds: before.seconds + seconds });
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size > maxWaiting && oldest !== undefined) this.#waiting.delete(oldest);
  }
}

/** The date in the time zone of this process. */
export function localDay(): string {
  const now = new Date();
  const two = (number: number): string => String(number).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}
