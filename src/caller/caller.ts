import type { CountryCode } from "libphonenumber-js";
import { type NameAddress, parseNameAddress, percentDecode, splitValues } from "./name-address.js";
import { significantDigits, toInternational } from "./numbering.js";
import { CallerNumber } from "./secret.js";

/**
 * Who calls, as far as anybody may know. `anonymous` wants not to be known, `short` has a number so short
 * that its last four digits would give it away, `unreadable` has sent nothing that is a number.
 */
export type Caller =
  | { readonly kind: "number"; readonly number: CallerNumber }
  | { readonly kind: "anonymous" }
  | { readonly kind: "short" }
  | { readonly kind: "unreadable" };

/** Header values of the INVITE, as received. */
export interface CallerHeaders {
  readonly from: string;
  /** Privacy (RFC 3323); "" or absent when there is none. */
  readonly privacy?: string;
  /** P-Asserted-Identity (RFC 3325), one entry for each header; each may hold several values. */
  readonly assertedIdentities: readonly string[];
}

/** What the trunk knows about the numbers that it hands over. */
export interface CallerNumbering {
  /** The country of numbers with one leading `0`, for example `DE`. */
  readonly country: CountryCode;
  /** Whether this trunk sends international numbers without a plus (`4930...`). Never guessed. */
  readonly bareCountryCode: boolean;
  /** Whether P-Asserted-Identity of this trunk is believed; default true, since only admitted sources get here. */
  readonly trustsAssertedIdentity?: boolean;
}

/** Fewer significant digits than this, and the last four would be as good as the number: 110, 112, 115, 116xxx. */
const fewestSignificantDigits = 7;

const privateWords: ReadonlySet<string> = new Set([
  "", "anonymous", "unavailable", "unknown", "restricted", "private", "withheld",
]);

/** The values of Privacy that ask for the caller not to be shown (RFC 3323 section 4.2, RFC 3325 section 9.3). */
const privateValues: ReadonlySet<string> = new Set(["id", "user", "header", "critical"]);

/**
 * Finds the caller's number in an INVITE. Never throws, whatever the headers hold. In doubt the caller has
 * no number: a wrong label is an annoyance, a number shown against the caller's will can't be taken back.
 */
export function identifyCaller(headers: CallerHeaders, trunk: CallerNumbering): Caller {
  if (asksForPrivacy(headers.privacy ?? "")) return { kind: "anonymous" };
  const from = parseNameAddress(headers.from);
  if (from === undefined) return { kind: "unreadable" };
  if (isAnonymous(from)) return { kind: "anonymous" };
  const digits = (trunk.trustsAssertedIdentity === false ? undefined : assertedDigits(headers.assertedIdentities)) ?? digitsOf(from);
  if (digits === undefined) return { kind: "unreadable" };

  const international = toInternational(digits, trunk);
  if (significantDigits(international).length < fewestSignificantDigits) return { kind: "short" };
  const number = CallerNumber.parse(international);
  return number.ok ? { kind: "number", number: number.value } : { kind: "unreadable" };
}

function asksForPrivacy(privacy: string): boolean {
  return privacy.split(/[;,]/).some((value) => privateValues.has(value.trim().toLowerCase()));
}

function isAnonymous(from: NameAddress): boolean {
  if (hasInvalidHost(from) || isPrivateWord(userOf(from) ?? from.user)) return true;
  // Most trunks send no display name at all: only one that is there says something.
  return from.displayName !== undefined && isPrivateWord(from.displayName);
}

function hasInvalidHost(address: NameAddress): boolean {
  return /(^|\.)invalid\.?$/.test(address.host);
}

function isPrivateWord(text: string): boolean {
  return privateWords.has(text.trim().toLowerCase());
}

/** The user part without escapes and without parameters such as `;cpc=`. */
function userOf(address: NameAddress): string | undefined {
  return percentDecode(address.user)?.split(";", 1)[0];
}

/** The phone number of an address without separators and parameters, `undefined` when its user part is none. */
export function digitsOf(address: NameAddress): string | undefined {
  // RFC 3966 section 5.1.1's visual separators, and spaces.
  const digits = userOf(address)?.replace(/[-.() ]/g, "");
  return digits !== undefined && /^\+?[0-9]+$/.test(digits) ? digits : undefined;
}

function assertedDigits(headers: readonly string[]): string | undefined {
  for (const value of headers.flatMap(splitValues)) {
    const identity = parseNameAddress(value);
    if (identity === undefined || hasInvalidHost(identity)) continue;
    const digits = digitsOf(identity);
    if (digits !== undefined) return digits;
  }
  return undefined;
}
