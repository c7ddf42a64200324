import { splitValues } from "../util/split-values.js";
import type { CallerHeaders } from "./invite.js";
import { parseNameAddress } from "./name-address.js";
import { numberIn, significantDigits, type TrunkNumbering } from "./numbering.js";
import { CallerNumber } from "./secret.js";
import { isWithheld } from "./withheld.js";

/**
 * The caller's identity. `anonymous`: the number is withheld; `short`: the last four digits would reveal the whole number;
 * `unreadable`: no header contains a number.
 */
export type Caller =
  | { readonly kind: "number"; readonly number: CallerNumber }
  | { readonly kind: "anonymous" }
  | { readonly kind: "short" }
  | { readonly kind: "unreadable" };

/** How a trunk transmits callers' numbers. */
export interface CallerNumbering extends TrunkNumbering {
  /** Whether P-Asserted-Identity of this trunk is trusted; default true, as only admitted sources are read. */
  readonly trustsAssertedIdentity?: boolean;
}

/** With fewer significant digits the last four would reveal the number: 110, 112, 115, 116xxx. */
const minSignificantDigits = 7;

/**
 * Finds the caller's number in an INVITE. Never throws, for any header content. In doubt the caller has no number: a wrong
 * label is an annoyance, but a withheld number that was shown can't be taken back.
 */
export function identifyCaller(headers: CallerHeaders, trunk: CallerNumbering): Caller {
  if (isWithheld(headers, trunk.country)) return { kind: "anonymous" };
  const from = parseNameAddress(headers.from);
  if (from === undefined) return { kind: "unreadable" };
  const asserted =
    trunk.trustsAssertedIdentity === false ? undefined : assertedNumber(headers.assertedIdentities, trunk);
  const international = asserted ?? numberIn(from, trunk);
  if (international === undefined) return { kind: "unreadable" };
  if (significantDigits(international).length < minSignificantDigits) return { kind: "short" };
  const number = CallerNumber.parse(international);
  return number.ok ? { kind: "number", number: number.value } : { kind: "unreadable" };
}

function assertedNumber(headers: readonly string[], trunk: CallerNumbering): string | undefined {
  for (const value of headers.flatMap(splitValues)) {
    const identity = parseNameAddress(value);
    const number = identity && numberIn(identity, trunk);
    if (number !== undefined) return number;
  }
  return undefined;
}
