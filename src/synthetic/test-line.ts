import type { Admitted } from "../call/interfaces.js";
import { parseNameAddress } from "../caller/name-address.js";
import type { Language } from "../caller/language.js";
import type { OwnCalls } from "../calls.js";
import type { InviteFacts } from "../trunk/invite.js";

/** The trunk's name in the log line of a call that came in over the test line; no trunk can be called so. */
export const testTrunk = "(test)";

/** Two telephones. */
const mostCalls = 2;

interface Opening {
  readonly secret: string;
  readonly admitted: Admitted;
  calls: number;
}

/**
 * The trunk over which einwahl calls itself, which no configuration has. It lets in who calls a user that is a new secret
 * for each synthetic call, over TLS, and no more than two of them.
 */
export class TestLine implements OwnCalls {
  #opening: Opening | undefined;

  /** @param secret the user part that is called */
  open(secret: string, language: Language): void {
    const admitted: Admitted = { trunk: testTrunk, channels: undefined, languages: [language], caller: { kind: "anonymous" }, srtp: "mandatory" };
    this.#opening = { secret, admitted, calls: 0 };
  }

  close(): void {
    this.#opening = undefined;
  }

  claim({ source, requestUri }: InviteFacts): Admitted | undefined {
    const opening = this.#opening;
    if (opening === undefined || opening.calls >= mostCalls || source.transport !== "tls") return undefined;
    if (parseNameAddress(`<${requestUri}>`)?.user !== opening.secret) return undefined;
    opening.calls += 1;
    return opening.admitted;
  }
}
