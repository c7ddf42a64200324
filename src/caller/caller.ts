import { splitValues } from "../util/split-values.js";
import type { CallerHeaders } from "./invite.js";
import { parseNameAddress } from "./name-address.js";
import { numberIn, significantDigits, type TrunkNumbering } from "./numbering.js";
import { CallerNumber } from "./secret.js";
import { isWithheld } from "./withheld.js";

/**
 * Who calls, as far as anybody may know. `anonymous` wants not to be known, `short` has a number so short
 * that its last four digits would give it away, `unreadable` has sent nothing that is a number.
 */
export type Caller =
  | { readonly kind: "number"; readonly number: CallerNumber }
  | { readonly kind: "anonymous" }
  | { readonly kind: "short" }
  | { readonly kind: "unreadable" };

/** How a trunk says who calls. */
export interface CallerNumbering extends TrunkNumbering {
  /** Whether P-Asserted-Identity of this trunk is believed; default true, since only admitted sources get here. */
  readonly trustsAssertedIdentity?: boolean;
}

/** Fewer significant digits than this, and the last four would be as good as the number: 110, 112, 115, 116xxx. */
const minSignificantDigits = 7;

/**
 * Finds the caller's number in an INVITE. Never throws, whatever the headers hold. In doubt the caller has
 * no number: a wrong label is an annoyance, a number shown against the caller's will can't be taken back.
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
