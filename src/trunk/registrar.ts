import { isIPv6 } from "node:net";

import type { Clock } from "../util/clock.js";
import {
  isLocallyGenerated,
  noResponseText,
  readRegisterResponse,
  type RegisterOutcome,
  rejection,
  seenAddress,
} from "./register-response.js";
import { maxChallenges, RegistrarDigest } from "./registrar-digest.js";
import type { Target } from "./registrar-host.js";
import type { SipRequestOutcome, SipRequests } from "./sip-requests.js";

export interface RegistrarOptions {
  readonly transport: "udp" | "tcp" | "tls";
  /** Domain of the address of record `username@domain`. */
  readonly domain: string;
  readonly username: string;
  /** The digest username. */
  readonly authUsername: string;
  readonly password: string;
  /** Realms for which the password may be used. */
  readonly realms: readonly string[];
  /** Returns a random `cnonce`. */
  readonly newCnonce: () => string;
  /** Host and port of the Contact, at which drachtio receives calls from that registrar address. */
  readonly contact: (target: Target) => { readonly host: string; readonly port: number };
}

/** Sends the requests of one registration: REGISTER (RFC 3261 section 10), and OPTIONS as a flow check. */
export class Registrar {
  readonly #options: RegistrarOptions;
  readonly #requests: SipRequests;
  readonly #clock: Clock;
  readonly #digest: RegistrarDigest;
  #sequence = 0;

  constructor(options: RegistrarOptions, requests: SipRequests, clock: Clock) {
    const { authUsername, password, realms, newCnonce } = options;
    this.#options = options;
    this.#requests = requests;
    this.#clock = clock;
    this.#digest = new RegistrarDigest({ username: authUsername, password, realms }, newCnonce);
  }

  /**
   * Sends a REGISTER and answers challenges. drachtio-srf 5.0.29's own digest client answers any realm, only with MD5, and
   * fails on quoted commas and IPv6 next hops (docs/reference/engines.md).
   *
   * @param seconds the requested expiry; 0 un-registers
   */
  async register(target: Target, callId: string, seconds: number): Promise<RegisterOutcome> {
    const { username, transport } = this.#options;
    const contact = this.#contact(target);
    this.#digest.begin();
    for (let challenges = 0; ; challenges += 1) {
      const sentAt = this.#clock.now();
      const outcome = await this.#sendRegister(target, callId, contact, seconds);
      if (outcome.kind === "not-sent") return { kind: "failed", why: outcome.why };
      const { response } = outcome;
      if (response.status !== 401 && response.status !== 407)
        return readRegisterResponse(response, {
          contact: { ...this.#options.contact(target), user: username },
          transport,
          seconds,
          sentAt,
        });
      if (challenges === maxChallenges) return rejection(response);
      const answered = this.#digest.answer(response, { method: "REGISTER", uri: this.#uri() });
      if (!answered.ok) return answered.failure;
    }
  }

  /**
   * The fault of the flow; any response from the registrar proves that it is up. Another address in its Via means a new
   * connection, on which calls to the old one would not arrive.
   *
   * @param seen the address from which the registrar saw the REGISTER
   */
  async flowFault(target: Target, seen: string | undefined): Promise<string | undefined> {
    const outcome = await this.#requests.send("OPTIONS", this.#uri(), {
      nextHop: this.#nextHop(target),
      headers: { ...this.#identity() },
    });
    if (outcome.kind === "not-sent") return outcome.why;
    const { response } = outcome;
    if (isLocallyGenerated(response)) return noResponseText(response);
    const now = seenAddress(response);
    return seen !== undefined && now !== undefined && now !== seen
      ? "the connection to the registrar was replaced"
      : undefined;
  }

  async #sendRegister(target: Target, callId: string, contact: string, seconds: number): Promise<SipRequestOutcome> {
    const { From, To } = this.#identity();
    this.#sequence += 1;
    return await this.#requests.send("REGISTER", this.#uri(), {
      nextHop: this.#nextHop(target),
      headers: {
        // The tag is kept when a challenge is answered (RFC 3261 section 8.1.3.5).
        From: `${From};tag=${callId}`,
        To,
        "Call-ID": callId,
        CSeq: `${this.#sequence} REGISTER`,
        Contact: `<${contact}>;expires=${seconds}`,
        Expires: String(seconds),
        ...this.#digest.headers,
      },
    });
  }

  #identity(): { readonly From: string; readonly To: string } {
    const { domain, username } = this.#options;
    const identity = `<sip:${username}@${inUri(domain)}>`;
    return { From: identity, To: identity };
  }

  #contact(target: Target): string {
    const { contact, transport, username } = this.#options;
    const { host, port } = contact(target);
    return `sip:${username}@${inUri(host)}:${port};transport=${transport}`;
  }

  #uri(): string {
    return `sip:${inUri(this.#options.domain)}`;
  }

  #nextHop({ address, port }: Target): string {
    return `sip:${inUri(address)}:${port};transport=${this.#options.transport}`;
  }
}

/** Formats a host for a URI: IPv6 in brackets (RFC 3261 section 25.1). */
function inUri(host: string): string {
  return isIPv6(host) ? `[${host}]` : host;
}
