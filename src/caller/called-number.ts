import { splitValues } from "../util/split-values.js";
import type { InviteFacts } from "./invite.js";
import { parseNameAddress } from "./name-address.js";
import { numberIn, type TrunkNumbering } from "./numbering.js";

/** The headers that a trunk may name as the one with the dialled number. */
export const calledNumberHeaders = ["to", "request-uri", "p-called-party-id", "diversion", "history-info"] as const;

export type CalledNumberHeader = (typeof calledNumberHeaders)[number];

/**
 * Where the number is looked for when the trunk's own header has none of its numbers: in forwarded calls To has the
 * number that was dialled first, in calls to a group the Request-URI. Not in Diversion and History-Info, which name those
 * who forwarded the call, unless the trunk's setting says so.
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
 * The first number of one of the trunks that the INVITE names as the dialled one. Each trunk's own header counts before the
 * others of any trunk: of two trunks of one provider the Request-URI may name the wrong one.
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

/** The first of the trunk's numbers in a header of the INVITE. */
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
      // A URI of its own: in brackets, as the parameters of its user part would else be taken for the header's.
      return `<${invite.requestUri}>`;
    case "p-called-party-id":
      return invite.calledParty;
    case "diversion":
      return invite.diversion;
    case "history-info":
      return invite.historyInfo;
  }
}
