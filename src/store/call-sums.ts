import type { Clock } from "../util/clock.js";
import type { DaySum, DaySums } from "./day-sums.js";

/** So long the sums are only in memory, in milliseconds: less would tell of single calls on the disk. */
const writeAfterMs = 60_000;
/** Days that wait for a store which does not answer. */
const maxWaiting = 10;

/** Adds up calls and passes the sums on from time to time. */
export class CallSums {
  readonly #sums: DaySums;
  readonly #clock: Clock;
  readonly #today: () => string;
  readonly #waiting = new Map<string, Omit<DaySum, "day">>();
  #callOff: (() => void) | undefined;

  /** @param today `2026-11-20`, where the operator is */
  constructor(sums: DaySums, clock: Clock, today: () => string = localDay) {
    this.#sums = sums;
    this.#clock = clock;
    this.#today = today;
  }

  /** A call is over that was in a conference for so long. */
  add(seconds: number): void {
    this.#keep({ day: this.#today(), calls: 1, seconds });
    this.#callOff ??= this.#clock.after(writeAfterMs, () => {
      this.#callOff = undefined;
      this.flush().catch(() => undefined);
    });
  }

  /** Passes on what there is; what can't be is kept for the next time. Never rejects. */
  async flush(): Promise<void> {
    this.#callOff?.();
    this.#callOff = undefined;
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
