import type { Admission, Trunks } from "../../call/interfaces.js";
import type { InviteFacts } from "../../caller/invite.js";
import type { Language } from "../../caller/language.js";
import { parseNameAddress } from "../../caller/name-address.js";
import { success } from "../../util/result.js";

/** The trunk name in log lines of synthetic calls; not a valid name for a trunk. */
export const testTrunk = "(test)";

/** How incoming synthetic calls are recognised. */
export type Door =
  /** The called user part, over TLS; random for each call. */
  | { readonly kind: "secret"; readonly user: string; readonly language: Language }
  /** Calls arrive over this trunk, from one of its own numbers (E.164). */
  | { readonly kind: "trunk"; readonly trunk: string; readonly numbers: readonly string[] };

/** Two phones. */
const maxCalls = 2;

/** Admits synthetic calls, at most two for each time that it is opened; leaves every other INVITE to the trunks. */
export class SyntheticAdmission implements Trunks {
  readonly #trunks: Trunks;
  #door: Door | undefined;
  #arrived = 0;

  constructor(trunks: Trunks) {
    this.#trunks = trunks;
  }

  /** Calls received since it was last opened. */
  get arrived(): number {
    return this.#arrived;
  }

  open(door: Door): void {
    this.#door = door;
    this.#arrived = 0;
  }

  close(): void {
    this.#door = undefined;
  }

  admit(invite: InviteFacts): ReturnType<Trunks["admit"]> {
    const synthetic = this.#claim(invite);
    return synthetic === undefined ? this.#trunks.admit(invite) : success(synthetic);
  }

  #claim(invite: InviteFacts): Admission | undefined {
    if (this.#door === undefined || this.#arrived >= maxCalls) return undefined;
    const admitted = this.#door.kind === "secret" ? bySecret(invite, this.#door) : this.#byTrunk(invite, this.#door);
    if (admitted !== undefined) this.#arrived += 1;
    return admitted;
  }

  #byTrunk(invite: InviteFacts, { trunk, numbers }: Extract<Door, { kind: "trunk" }>): Admission | undefined {
    const admitted = this.#trunks.admit(invite);
    if (!admitted.ok || admitted.value.trunk !== trunk) return undefined;
    const { caller } = admitted.value;
    return caller.kind === "number" && numbers.includes(caller.number.reveal())
      ? { ...admitted.value, origin: "synthetic" }
      : undefined;
  }
}

function bySecret(
  { source, requestUri }: InviteFacts,
  { user, language }: Extract<Door, { kind: "secret" }>,
): Admission | undefined {
  if (source.transport !== "tls" || parseNameAddress(`<${requestUri}>`)?.user !== user) return undefined;
  return {
    origin: "synthetic",
    trunk: testTrunk,
    channels: undefined,
    calledNumberFrom: undefined,
    languages: [language],
    caller: { kind: "anonymous" },
    srtp: "mandatory",
  };
}
