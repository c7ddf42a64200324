import type { CountryCode } from "libphonenumber-js";

import { splitValues } from "../util/split-values.js";
import type { CallerHeaders } from "./invite.js";
import { type NameAddress, parseNameAddress, userPartOf } from "./name-address.js";
import { digitsOf } from "./numbering.js";
import { isPlaceholderNumber } from "./placeholder-number.js";
import { saysWithheld } from "./withheld-words.js";

/**
 * The values of Privacy that don't withhold the number: RFC 3323 section 4.2, and RFC 7044 section 10.1 (`history` hides
 * History-Info only). Any other value, including unknown ones, counts as a privacy request.
 */
const openPrivacyValues: ReadonlySet<string> = new Set(["", "none", "history", "off", "no"]);

/** The values of Remote-Party-ID's `privacy` that hide nothing (draft-ietf-sip-privacy-04 section 5.1). */
const openPartyValues: ReadonlySet<string> = new Set(["off", "none", "no"]);

/** Maximum length of a searched header, in characters; real ones have less than a tenth. With a longer one the caller counts as withheld. */
const maxHeaderLength = 4096;

/**
 * Whether the caller's number is withheld: by the Privacy header, `privacy` of Remote-Party-ID, or an anonymous address in
 * From, P-Asserted-Identity or Remote-Party-ID. One of them is enough, even if the trunk's assertions are not trusted.
 * P-Preferred-Identity is ignored: it is the telephone's wish, which carriers replace (RFC 3325 section 9.2).
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
  // An absent display name is normal on most trunks; a present but empty one means withheld.
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

/** RFC 3323 section 4.1.1.3 defines `anonymous.invalid`; `.invalid` never resolves (RFC 2606). */
function isAnonymousHost(host: string): boolean {
  const labels = host.replace(/\.$/, "").split(".");
  return labels.at(-1) === "invalid" || labels.includes("anonymous");
}
