/** A day in UTC, as the number of days since 1970. */
export type Day = number;

export const dayMs = 86_400_000;

/**
 * Pseudonym keys of so many days before today are kept. With tomorrow's, which is made today, none is older than seven
 * days when it is deleted.
 */
export const pseudonymKeyDays = 5;

/** The throttle counts within an hour: no key of a day before is needed. */
export const throttleKeyDays = 0;

/** @param ms milliseconds since 1970 */
export function dayOf(ms: number): Day {
  return Math.floor(ms / dayMs);
}

/** Keys of HMAC-SHA256, one for each day. A key that has been deleted can't be made again. */
export interface DayKeys {
  readonly today: Day;
  /** The days that have a key now, in their order: today, tomorrow, and some days before. */
  readonly days: readonly Day[];
  /** The key of one of `days`. */
  keyOf(day: Day): Buffer;
}
