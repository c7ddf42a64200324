import type { Result } from "../util/result.js";
import type { StoreFailure } from "./room-store.js";

/** The only stored data about calls: their number per day, and their time in conferences. */
export interface DaySum {
  /** `2026-11-20` */
  readonly day: string;
  readonly calls: number;
  readonly seconds: number;
}

/** Retention in days: three years. */
export const daysKept = 1_096;

/** Sums per day. Nothing finer is ever stored. */
export interface DaySums {
  /** Adds to the sum of a day. */
  add(sum: DaySum): Promise<Result<void, StoreFailure>>;
  /** The latest days with calls, in order. */
  latest(most: number): Promise<Result<readonly DaySum[], StoreFailure>>;
}
