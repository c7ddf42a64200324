import {
  type Challenge,
  type ChallengeFault,
  chooseChallenge,
  digestAuthorization,
  type DigestCredentials,
} from "../util/digest.js";
import { failure, type Result, success } from "../util/result.js";
import { type RegisterOutcome, rejection } from "./register-response.js";
import type { SipFinalResponse } from "./sip-requests.js";

/** A 401 of the registrar, a 407 of a proxy before it, and each once more when its nonce was stale. */
export const maxChallenges = 4;

const maxShownLength = 60;

/** The headers that answer the challenges of one registrar (RFC 3261 section 22). */
export class RegistrarDigest {
  readonly #credentials: DigestCredentials;
  readonly #newCnonce: () => string;
  /** What was answered in the request that is under way, by the header of the answer. */
  readonly #given = new Map<string, string>();
  /** The last nonce, and how often it has been answered: a server may use it again, and count (RFC 7616 section 3.4). */
  #nonce = "";
  #count = 0;

  constructor(credentials: DigestCredentials, newCnonce: () => string) {
    this.#credentials = credentials;
    this.#newCnonce = newCnonce;
  }

  /** Another request begins, which has not been challenged. */
  begin(): void {
    this.#given.clear();
  }

  get headers(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#given);
  }

  /** Adds the answer to the challenge of a 401 or 407 to the headers; the failure says why it must not or can't be answered. */
  answer(
    response: SipFinalResponse,
    request: { readonly method: string; readonly uri: string },
  ): Result<undefined, RegisterOutcome> {
    const name = response.status === 407 ? "Proxy-Authorization" : "Authorization";
    const chosen = chooseChallenge(
      response.header(response.status === 407 ? "Proxy-Authenticate" : "WWW-Authenticate") ?? "",
      this.#credentials.realms,
    );
    if (!chosen.ok) return failure({ kind: "unavailable", why: this.#faultText(chosen.failure, response.status) });
    if (this.#given.has(name) && !chosen.value.isStale) return failure(rejection(response));
    this.#given.set(
      name,
      digestAuthorization(chosen.value, this.#credentials, request, this.#newCnonce(), this.#countOf(chosen.value)),
    );
    return success(undefined);
  }

  #countOf({ nonce }: Challenge): number {
    this.#count = nonce === this.#nonce ? this.#count + 1 : 1;
    this.#nonce = nonce;
    return this.#count;
  }

  #faultText(fault: ChallengeFault, status: number): string {
    switch (fault.kind) {
      case "no-digest":
        return `${status} without a Digest challenge`;
      case "unsupported":
        return `${status} with a Digest challenge that is not supported (${shown(fault.algorithm)})`;
      case "other-realm":
        return `password not sent: the registrar asks for it in the realm "${shown(fault.realm)}", expected is ${(this.#credentials.realms ?? []).join(" or ")} (trunks[].realm)`;
    }
  }
}

/** Text from the network, for the log and the status: runs of digits may be a number. */
function shown(text: string): string {
  return text
    .slice(0, maxShownLength)
    .replace(/[^\w.@: -]/g, "?")
    .replace(/\d{5,}/g, "...");
}
