/** A day in UTC, as the number of days since 1970. */
export type Day = number;

export const dayMs = 86_400_000;

/**
 * Number of past days whose pseudonym keys are kept. A key is created the day before its day, so none is older than seven
 * days when it is deleted.
 */
export const pseudonymKeyDays = 5;

/** The throttle counts within an hour and needs no keys of past days. */
export const throttleKeyDays = 0;

/** @param ms milliseconds since 1970 */
export function dayOf(ms: number): Day {
  return Math.floor(ms / dayMs);
}

/** HMAC-SHA256 keys, one per day. A deleted key can't be recreated. */
export interface DayKeys {
  readonly today: Day;
  /** The days that have a key, ascending: some past days, today, tomorrow. */
  readonly days: readonly Day[];
  /** The key of one of `days`. */
  keyOf(day: Day): Buffer;
}
