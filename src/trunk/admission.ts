import type { CountryCode } from "libphonenumber-js";

import type { Admission, Admitted, Trunks } from "../call/interfaces.js";
import { type CalledNumberHeader, findCalledNumber } from "../caller/called-number.js";
import { identifyCaller } from "../caller/caller.js";
import type { InviteFacts } from "../caller/invite.js";
import type { Language } from "../caller/language.js";
import { failure, type Result, success } from "../util/result.js";

/** A trunk as admission sees it. */
export interface TrunkRules {
  readonly name: string;
  /** Whether a request from this address is the trunk's. */
  allows(address: string): boolean;
  /** Whether its calls must come over TLS; without it the SRTP keys would travel in the open. */
  readonly signalling: "tls" | "any";
  readonly numbers: readonly TrunkNumber[];
  readonly calledNumberFrom: CalledNumberHeader;
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
 * by the headers that may hold it.
 */
export class TrunkAdmission implements Trunks {
  readonly #trunks: readonly TrunkRules[];

  constructor(trunks: readonly TrunkRules[]) {
    this.#trunks = trunks;
  }

  admit(invite: InviteFacts): Result<Admission, "unknown-source" | "unknown-number"> {
    const candidates = this.#trunks.filter((trunk) => isFromTrunk(trunk, invite.source));
    if (candidates.length === 0) return failure("unknown-source");
    const found = findCalledNumber(invite, candidates);
    if (found === undefined) return failure("unknown-number");
    const { trunk, number, header } = found;
    return success({
      origin: "regular",
      trunk: trunk.name,
      channels: trunk.channels,
      calledNumberFrom: header,
      languages: number.languages,
      caller: identifyCaller(invite, trunk),
      srtp: trunk.srtp,
    });
  }
}

/** Whether a request from there is the trunk's. An address alone proves nothing where TLS is demanded: UDP sources can be forged. */
export function isFromTrunk(trunk: TrunkRules, { address, transport }: InviteFacts["source"]): boolean {
  return (trunk.signalling === "any" || transport === "tls") && trunk.allows(address);
}
