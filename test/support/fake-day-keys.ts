import { randomBytes } from "node:crypto";

import { CallerHasher } from "../../src/caller/caller-hasher.js";
import type { Day, DayKeys } from "../../src/caller/day-keys.js";
import { daysWithOneKey } from "../../src/caller/pseudonym.js";

/** Keys whose bytes are all the day's number, for a day that the test chooses. */
export class FakeDayKeys implements DayKeys {
  today: Day = 100;

  get days(): readonly Day[] {
    return Array.from({ length: daysWithOneKey + 1 }, (_, index) => this.today - daysWithOneKey + 1 + index);
  }

  keyOf(day: Day): Buffer {
    if (!this.days.includes(day)) throw new Error(`the key of day ${day} is deleted, or not made yet`);
    return Buffer.alloc(32, day);
  }
}

export function fakeHasher(
  keys: DayKeys = new FakeDayKeys(),
  random: (bytes: number) => Buffer = randomBytes,
): CallerHasher {
  return new CallerHasher({ pseudonymKeys: keys, throttleKeys: keys, random });
}
