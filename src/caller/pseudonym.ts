import { createHash, createHmac } from "node:crypto";
import type { Caller } from "./caller.js";

/** No digits: a number in which letters stand for digits is still taken for a phone number by some. */
const alphabet = "abcdefghijklmnop";

/** 64 bits: no two callers of a meeting meet by chance. */
const pseudonymBytes = 8;

/** The bytes of the HMAC key that is made from the operator's text or at random. */
export const pseudonymKeyBytes = 32;

/**
 * The From user under which BBB knows the caller. BBB shows it to every web client and bans by it, so it is
 * the same for the same number in the same meeting, another one in the next meeting, and nobody without the
 * key can compute the number back. Callers without a number get another one for every call.
 *
 * @param meetingId BBB's internal meeting id
 * @param key of HMAC-SHA256, 32 bytes
 * @param random gives that many random bytes, as `randomBytes` of node:crypto does
 * @returns `anruf-` and 16 of `a-p`: a plain SIP user part (RFC 3261 section 25.1) that is no phone number
 */
export function pseudonymFor(caller: Caller, meetingId: string, key: Buffer, random: (bytes: number) => Buffer): string {
  if (caller.kind !== "number") return `anruf-${letters(random(pseudonymBytes))}`;
  // A number holds no NUL, so that no other pair of number and meeting gives the same text.
  const digest = createHmac("sha256", key).update(`${caller.number.reveal()}\0${meetingId}`).digest();
  return `anruf-${letters(digest.subarray(0, pseudonymBytes))}`;
}

/** The key for a text of the operator's, of any length. */
export function pseudonymKeyFrom(text: string): Buffer {
  return createHash("sha256").update("einwahl pseudonym key\0").update(text).digest();
}

/** Hexadecimal with letters for digits. */
function letters(bytes: Buffer): string {
  return Array.from(bytes, (byte) => alphabet.charAt(byte >> 4) + alphabet.charAt(byte & 15)).join("");
}
