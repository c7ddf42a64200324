import { createHash, createHmac } from "node:crypto";

import { type Day, dayOf, pseudonymKeyDays } from "./day-keys.js";
import type { KnownCaller, NumberedCaller } from "./known-caller.js";

/** No digits: a number in which letters stand for digits is still taken for a phone number by some. */
const alphabet = "abcdefghijklmnop";

/** 64 bits: no two callers of a meeting meet by chance. */
const pseudonymBytes = 8;

/** The meeting in which the caller is to have a pseudonym. */
export interface PseudonymMeeting {
  /** BBB's internal meeting id. */
  readonly meetingId: string;
  /** When the meeting was created, milliseconds since 1970 by the BBB server's clock; `undefined`: unknown. */
  readonly createdAt: number | undefined;
}

/** For so many days a meeting keeps the key of the day on which it was created, then it gets the next one. */
export const daysWithOneKey = pseudonymKeyDays + 1;

/**
 * The From user under which BBB knows the caller. BBB shows it to every web client and bans by it, so it is
 * the same for the same number in the same meeting, and another one in the next meeting. Once the day's key is
 * deleted the number can't be computed from it. Callers without a number get another one for every call.
 *
 * @param random gives that many random bytes, as `randomBytes` of node:crypto does
 * @returns `anruf-` and 16 of `a-p`: a plain SIP user part (RFC 3261 section 25.1) that is no phone number
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

/** The day whose key holds for a meeting: a meeting of a week has two, so that no key is kept for longer. */
function keyDayOf({ createdAt }: PseudonymMeeting, today: Day): Day {
  const created = createdAt === undefined ? today : dayOf(createdAt);
  // A BBB server whose clock is ahead: tomorrow's key exists, no later one does.
  return created > today ? today + 1 : today - ((today - created) % daysWithOneKey);
}

/** A call of several days outlives its seeds: then the latest one it has holds. */
function seedFor({ pseudonymSeeds }: NumberedCaller, day: Day): Buffer | undefined {
  return pseudonymSeeds.get(day) ?? pseudonymSeeds.get(Math.max(...pseudonymSeeds.keys()));
}

/** The key for a text of the operator's, of any length. */
export function pseudonymKeyFrom(text: string): Buffer {
  return createHash("sha256").update("einwahl pseudonym key\0").update(text).digest();
}

/** Hexadecimal with letters for digits. */
function letters(bytes: Buffer): string {
  return Array.from(bytes, (byte) => alphabet.charAt(byte >> 4) + alphabet.charAt(byte & 15)).join("");
}
