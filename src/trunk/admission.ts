import type { CountryCode } from "libphonenumber-js";

import type { Admission, Admitted, Trunks } from "../call/interfaces.js";
import { type CalledNumberHeader, findCalledNumber } from "../caller/called-number.js";
import { identifyCaller } from "../caller/caller.js";
import type { InviteFacts } from "../caller/invite.js";
import type { Language } from "../caller/language.js";
import { failure, type Result, success } from "../util/result.js";

/** The settings of a trunk that admission uses. */
export interface TrunkRules {
  readonly name: string;
  /** Whether this source address belongs to the trunk. */
  allows(address: string): boolean;
  /** Whether calls must use TLS; otherwise their SRTP keys are unencrypted. */
  readonly signalling: "tls" | "any";
  readonly numbers: readonly TrunkNumber[];
  readonly calledNumberFrom: CalledNumberHeader;
  readonly country: CountryCode;
  readonly bareCountryCode: boolean;
  readonly trustsAssertedIdentity: boolean;
  /** Maximum number of concurrent calls; `undefined` for no limit. */
  readonly channels: number | undefined;
  readonly srtp: Admitted["srtp"];
}

export interface TrunkNumber {
  /** E.164 with `+`. */
  readonly number: string;
  readonly languages: readonly [Language, ...Language[]];
}

/**
 * Identifies the trunk by the source of the INVITE, never by a challenge (easybell rejects challenges), and the called
 * number by the configured headers.
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

/** Whether the source belongs to the trunk. If TLS is required the transport is checked too: UDP sources can be forged. */
export function isFromTrunk(trunk: TrunkRules, { address, transport }: InviteFacts["source"]): boolean {
  return (trunk.signalling === "any" || transport === "tls") && trunk.allows(address);
}
