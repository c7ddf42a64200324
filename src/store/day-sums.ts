import type { Result } from "../util/result.js";
import type { StoreFailure } from "./room-store.js";

/** All that is kept of calls: how many there were on a day, and how long they were in conferences. */
export interface DaySum {
  /** `2026-11-20` */
  readonly day: string;
  readonly calls: number;
  readonly seconds: number;
}

/** The days that are kept: three years. */
export const daysKept = 1_096;

/** Sums of whole days. Nothing finer is stored, not even for a moment. */
export interface DaySums {
  /** Adds to the sum of a day. */
  add(sum: DaySum): Promise<Result<void, StoreFailure>>;
  /** The latest days on which there was something, in order. */
  latest(most: number): Promise<Result<readonly DaySum[], StoreFailure>>;
}
