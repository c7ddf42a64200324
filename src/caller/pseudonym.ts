import { createHash, createHmac } from "node:crypto";

import { type Day, dayOf, pseudonymKeyDays } from "./day-keys.js";
import type { KnownCaller, NumberedCaller } from "./known-caller.js";

/** Letters only: some systems read a user part with digits as a phone number. */
const alphabet = "abcdefghijklmnop";

/** 64 bits: no two callers of a meeting collide by chance. */
const pseudonymBytes = 8;

/** The meeting for which a pseudonym is computed. */
export interface PseudonymMeeting {
  /** BBB's internal meeting id. */
  readonly meetingId: string;
  /** When the meeting was created, milliseconds since 1970 by the BBB server's clock; `undefined`: unknown. */
  readonly createdAt: number | undefined;
}

/** Number of days for which a meeting uses one day key, from its creation on; then it switches to a newer one. */
export const daysWithOneKey = pseudonymKeyDays + 1;

/**
 * The From user of the caller in BBB. BBB shows it to all web clients and bans by it, so it is constant for a number within
 * a meeting and differs between meetings. Once the day's key is deleted, the number can't be computed from it. Callers
 * without a number get a random one per call.
 *
 * @param random returns this many random bytes, like `randomBytes` of node:crypto
 * @returns `anruf-` and 16 of `a-p`: a plain SIP user part (RFC 3261 section 25.1), not a phone number
 */
export function pseudonymFor(
  caller: KnownCaller,
  meeting: PseudonymMeeting,
  today: Day,
  random: (bytes: number) => Buffer,
): string {
  const seed = caller.kind === "number" ? seedFor(caller, keyDayOf(meeting, today)) : undefined;
  if (seed === undefined) return `anruf-${letters(random(pseudonymBytes))}`;
  return `anruf-${letters(createHmac("sha256", seed).update(meeting.meetingId).digest().subarray(0, pseudonymBytes))}`;
}

/** The day whose key a meeting uses now. A meeting of a week uses two in turn, so that no key is kept longer. */
function keyDayOf({ createdAt }: PseudonymMeeting, today: Day): Day {
  const created = createdAt === undefined ? today : dayOf(createdAt);
  // If the BBB server's clock is ahead: tomorrow's key exists, no later one.
  return created > today ? today + 1 : today - ((today - created) % daysWithOneKey);
}

/** A call of several days outlives its seeds: then its latest seed is used. */
function seedFor({ pseudonymSeeds }: NumberedCaller, day: Day): Buffer | undefined {
  return pseudonymSeeds.get(day) ?? pseudonymSeeds.get(Math.max(...pseudonymSeeds.keys()));
}

/** Derives a key from the operator's text of any length. */
export function pseudonymKeyFrom(text: string): Buffer {
  return createHash("sha256").update("einwahl pseudonym key\0").update(text).digest();
}

/** Hexadecimal, with `a-p` as digits. */
function letters(bytes: Buffer): string {
  return Array.from(bytes, (byte) => alphabet.charAt(byte >> 4) + alphabet.charAt(byte & 15)).join("");
}
