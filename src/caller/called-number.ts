import { splitValues } from "../util/split-values.js";
import type { InviteFacts } from "./invite.js";
import { parseNameAddress } from "./name-address.js";
import { numberIn, type TrunkNumbering } from "./numbering.js";

/** The headers that a trunk can configure as the source of the dialled number. */
export const calledNumberHeaders = ["to", "request-uri", "p-called-party-id", "diversion", "history-info"] as const;

export type CalledNumberHeader = (typeof calledNumberHeaders)[number];

/**
 * Fallback headers if the trunk's configured header has none of its numbers: To has the number dialled first in forwarded
 * calls, the Request-URI the number in calls to a group. Diversion and History-Info name the forwarding parties, and are
 * read only if configured.
 */
const otherHeaders: readonly CalledNumberHeader[] = ["request-uri", "to", "p-called-party-id"];

interface NumberedTrunk extends TrunkNumbering {
  readonly numbers: readonly { readonly number: string }[];
  readonly calledNumberFrom: CalledNumberHeader;
}

interface CalledNumber<Trunk extends NumberedTrunk> {
  readonly trunk: Trunk;
  readonly number: Trunk["numbers"][number];
  readonly header: CalledNumberHeader;
}

/**
 * The dialled number, if it belongs to one of the trunks. The configured header of each trunk takes precedence over all
 * fallbacks: with two trunks of one provider, the Request-URI may name the wrong one.
 */
export function findCalledNumber<Trunk extends NumberedTrunk>(
  invite: InviteFacts,
  trunks: readonly Trunk[],
): CalledNumber<Trunk> | undefined {
  for (const trunk of trunks) {
    const number = numberOf(trunk, invite, trunk.calledNumberFrom);
    if (number !== undefined) return { trunk, number, header: trunk.calledNumberFrom };
  }
  for (const header of otherHeaders) {
    for (const trunk of trunks) {
      const number = numberOf(trunk, invite, header);
      if (number !== undefined) return { trunk, number, header };
    }
  }
  return undefined;
}

/** The first of the trunk's numbers in this header. */
function numberOf<Trunk extends NumberedTrunk>(
  trunk: Trunk,
  invite: InviteFacts,
  header: CalledNumberHeader,
): Trunk["numbers"][number] | undefined {
  for (const value of splitValues(textOf(invite, header))) {
    const address = parseNameAddress(value);
    const called = address && numberIn(address, trunk);
    const number = trunk.numbers.find((each) => each.number === called);
    if (number !== undefined) return number;
  }
  return undefined;
}

function textOf(invite: InviteFacts, header: CalledNumberHeader): string {
  switch (header) {
    case "to":
      return invite.to;
    case "request-uri":
      // A bare URI: in brackets, otherwise its parameters would be parsed as header parameters.
      return `<${invite.requestUri}>`;
    case "p-called-party-id":
      return invite.calledParty;
    case "diversion":
      return invite.diversion;
    case "history-info":
      return invite.historyInfo;
  }
}
