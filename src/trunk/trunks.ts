import type { CountryCode } from "libphonenumber-js";
import type { Admission, Admitted, Trunks } from "../call/interfaces.js";
import { identifyCaller } from "../caller/caller.js";
import type { Language } from "../caller/language.js";
import { parseNameAddress, splitValues } from "../caller/name-address.js";
import { numberIn } from "../caller/numbering.js";
import { type Result, failure, success } from "../result.js";
import type { InviteFacts } from "./invite.js";

/** A trunk as admission sees it. */
export interface Trunk {
  readonly name: string;
  /** Whether a request from this address is the trunk's. */
  allows(address: string): boolean;
  /** Whether its calls must come over TLS; without it the SRTP keys would travel in the open. */
  readonly signalling: "tls" | "any";
  readonly numbers: readonly TrunkNumber[];
  readonly calledNumberFrom: "to" | "request-uri" | "p-called-party-id";
  readonly country: CountryCode;
  readonly bareCountryCode: boolean;
  readonly trustsAssertedIdentity: boolean;
  /** The most calls at a time, `undefined`: no limit of its own. */
  readonly channels: number | undefined;
  readonly srtp: Admitted["srtp"];
}

export interface TrunkNumber {
  /** E.164 with `+`. */
  readonly number: string;
  readonly languages: readonly [Language, ...Language[]];
}

/**
 * Recognises the trunk by the source of the INVITE, never by a challenge (easybell refuses those), and the number
 * by the header that this trunk puts it into.
 */
export class TrunkAdmission implements Trunks {
  readonly #trunks: readonly Trunk[];

  constructor(trunks: readonly Trunk[]) {
    this.#trunks = trunks;
  }

  admit(invite: InviteFacts): Result<Admission, "unknown-source" | "unknown-number"> {
    const candidates = this.#trunks.filter((trunk) => takesFrom(trunk, invite.source));
    if (candidates.length === 0) return failure("unknown-source");
    for (const trunk of candidates) {
      const called = calledNumber(invite, trunk);
      const number = trunk.numbers.find((each) => each.number === called);
      if (number === undefined) continue;
      return success({
        trunk: trunk.name,
        channels: trunk.channels,
        languages: number.languages,
        caller: identifyCaller(invite, trunk),
        srtp: trunk.srtp,
      });
    }
    return failure("unknown-number");
  }
}

/** Whether a request from there is the trunk's. An address alone proves nothing where TLS is demanded: UDP sources can be forged. */
export function takesFrom(trunk: Trunk, { address, transport }: InviteFacts["source"]): boolean {
  return (trunk.signalling === "any" || transport === "tls") && trunk.allows(address);
}

/** The dialled number as E.164, `undefined` when the header holds none. */
function calledNumber(invite: InviteFacts, trunk: Trunk): string | undefined {
  const [header] = splitValues(headerWithNumber(invite, trunk));
  const address = header === undefined ? undefined : parseNameAddress(header);
  return address && numberIn(address, trunk);
}

function headerWithNumber(invite: InviteFacts, trunk: Trunk): string {
  switch (trunk.calledNumberFrom) {
    case "to":
      return invite.to;
    case "request-uri":
      // A URI of its own: in brackets, as the parameters of its user part would else be taken for the header's.
      return `<${invite.requestUri}>`;
    case "p-called-party-id":
      return invite.calledParty;
  }
}
