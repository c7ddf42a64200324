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

/** A 401 of the registrar and a 407 of a proxy, and each again with a stale nonce. */
export const maxChallenges = 4;

const maxShownLength = 60;

/** The authorization headers for one registrar (RFC 3261 section 22). */
export class RegistrarDigest {
  readonly #credentials: DigestCredentials;
  readonly #newCnonce: () => string;
  /** Authorization headers of the current request, by header name. */
  readonly #given = new Map<string, string>();
  /** The last nonce and its use count `nc`: a server may reuse a nonce (RFC 7616 section 3.4). */
  #nonce = "";
  #count = 0;

  constructor(credentials: DigestCredentials, newCnonce: () => string) {
    this.#credentials = credentials;
    this.#newCnonce = newCnonce;
  }

  /** Starts a new request without authorization headers. */
  begin(): void {
    this.#given.clear();
  }

  get headers(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#given);
  }

  /** Adds the answer to a 401 or 407 challenge to the headers. Fails if the challenge cannot or must not be answered. */
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
        return `password not sent: the registrar's realm is "${shown(fault.realm)}", expected ${(this.#credentials.realms ?? []).join(" or ")} (trunks[].realm)`;
    }
  }
}

/** Sanitizes text from the network for log and status; masks runs of digits, which may be a phone number. */
function shown(text: string): string {
  return text
    .slice(0, maxShownLength)
    .replace(/[^\w.@: -]/g, "?")
    .replace(/\d{5,}/g, "...");
}
