import { randomBytes } from "node:crypto";

import { StoredDayKeys } from "../store/stored-day-keys.js";
import type { Clock } from "../util/clock.js";

/** @param daysBefore the number of past days whose keys are kept */
export function makeDayKeys(daysBefore: number, clock: Clock, onBug: (error: unknown) => void): StoredDayKeys {
  return new StoredDayKeys({ daysBefore, clock, now: Date.now, random: randomBytes, onBug });
}
