import type { CountryCode } from "libphonenumber-js";

import { splitValues } from "../util/split-values.js";
import type { CallerHeaders } from "./invite.js";
import { type NameAddress, parseNameAddress, userPartOf } from "./name-address.js";
import { digitsOf } from "./numbering.js";
import { isPlaceholderNumber } from "./placeholder-number.js";
import { saysWithheld } from "./withheld-words.js";

/**
 * The values of Privacy that leave the caller's number alone: RFC 3323 section 4.2, and RFC 7044 section 10.1, by which
 * `history` hides History-Info only. Any other value, an unknown one included, asks for some privacy.
 */
const openPrivacyValues: ReadonlySet<string> = new Set(["", "none", "history", "off", "no"]);

/** The values of Remote-Party-ID's `privacy` that hide nothing (draft-ietf-sip-privacy-04 section 5.1). */
const openPartyValues: ReadonlySet<string> = new Set(["off", "none", "no"]);

/** A header longer than this is not searched: in doubt the caller is withheld. No real one has a tenth of it, in characters. */
const maxHeaderLength = 4096;

/**
 * Whether anything in the INVITE says that the caller is not to be known: the Privacy header, `privacy` of
 * Remote-Party-ID, or an anonymous address in From, P-Asserted-Identity or Remote-Party-ID. One of them is enough, whatever
 * the others say and whether the trunk's assertions are believed. P-Preferred-Identity is a telephone's wish, which
 * carriers replace (RFC 3325 section 9.2), and counts for nothing.
 */
export function isWithheld(
  { from, privacy = "", assertedIdentities, remoteParties = [] }: CallerHeaders,
  country: CountryCode,
): boolean {
  const identities = [...assertedIdentities, ...remoteParties];
  if (
    identities.some((header) => header.length > maxHeaderLength) ||
    asksForPrivacy(privacy) ||
    remoteParties.some(hidesParty)
  )
    return true;
  const sender = parseNameAddress(from);
  // Most trunks send no display name at all: only one that is there says something by being empty.
  if (sender !== undefined && (sender.displayName?.trim() === "" || isAnonymous(sender, country))) return true;
  return identities.flatMap(splitValues).some((value) => isAnonymousValue(value, country));
}

function asksForPrivacy(privacy: string): boolean {
  return privacy
    .toLowerCase()
    .split(/[\s;,"'\\]+/)
    .some((value) => !openPrivacyValues.has(value));
}

function hidesParty(header: string): boolean {
  return [...header.matchAll(/;\s*privacy\b(?:\s*=\s*["']?([\w]*))?/gi)].some(
    ([, value = ""]) => !openPartyValues.has(value.toLowerCase()),
  );
}

function isAnonymousValue(value: string, country: CountryCode): boolean {
  if (value.trim() === "") return false;
  const address = parseNameAddress(value);
  return address === undefined ? saysWithheld(value) : isAnonymous(address, country);
}

function isAnonymous(address: NameAddress, country: CountryCode): boolean {
  const { displayName = "", host } = address;
  const user = userPartOf(address)?.name ?? address.user;
  const digits = digitsOf(address);
  return (
    user.trim() === "" ||
    saysWithheld(user) ||
    saysWithheld(displayName) ||
    isAnonymousHost(host) ||
    (digits !== undefined && isPlaceholderNumber(digits, country))
  );
}

/** RFC 3323 section 4.1.1.3 has `anonymous.invalid`; no host is in `.invalid` (RFC 2606). */
function isAnonymousHost(host: string): boolean {
  const labels = host.replace(/\.$/, "").split(".");
  return labels.at(-1) === "invalid" || labels.includes("anonymous");
}
