import { type Result, failure, success } from "../result.js";
import type { RegistrarHost, Target } from "./registrar-host.js";
import type { PeerFault, VerifyPeer } from "./registrar-tls.js";

/** How long an address may take to show its certificate, in milliseconds. */
const verifyTimeoutMs = 5_000;
/** The most addresses that are verified in one go; a name with more is not a registrar's. */
const maxTargets = 8;

export interface FlowToVerify {
  /** Whether the connection that was verified before still leads there. */
  readonly isIntact: (target: Target) => Promise<boolean>;
  readonly isStopping: () => boolean;
}

/**
 * The address of a registrar for one trunk. It stays with the one that has answered, for only that server may know the
 * challenge that it has made; where nobody answers it goes on to the next (RFC 3263 section 4.3).
 */
export class TargetChoice {
  readonly #host: Pick<RegistrarHost, "targets" | "has">;
  readonly #verifyPeer: VerifyPeer;
  #current: Target | undefined;
  /** Addresses at which nobody has answered since somebody did somewhere. */
  readonly #silent = new Set<string>();

  constructor(host: Pick<RegistrarHost, "targets" | "has">, verifyPeer: VerifyPeer) {
    this.#host = host;
    this.#verifyPeer = verifyPeer;
  }

  /** The one that was tried last; `undefined` before the first. */
  get current(): Target | undefined {
    return this.#current;
  }

  /** Whether the name does not lead to the current address any more. */
  get hasMoved(): boolean {
    return this.#current !== undefined && !this.#host.has(this.#current);
  }

  /**
   * The first address from the current one on that has a valid certificate, or why there is none. An address that can't be
   * connected to is taken nevertheless while the flow is intact: that connection was verified when it was made, and a
   * registrar that limits new connections must not cost a registration.
   */
  async nextVerified(flow: FlowToVerify): Promise<Result<Target, string>> {
    const tried = new Set<string>();
    let fault: PeerFault | undefined;
    while (tried.size < maxTargets && !flow.isStopping()) {
      const target = await this.#next();
      if (target === undefined || tried.has(keyOf(target))) break;
      tried.add(keyOf(target));
      const verified = await this.#verifyPeer(target, verifyTimeoutMs);
      if (verified.ok || (verified.failure.kind === "unreachable" && (await flow.isIntact(target)))) return success(target);
      // The name of an impostor counts for more than a server that is down.
      if (fault?.kind !== "untrusted") fault = verified.failure;
      this.skip();
    }
    return failure(fault?.why ?? "the registrar's name does not resolve");
  }

  /** Whether the current address has a valid certificate, within `timeoutMs`. */
  async isVerified(timeoutMs: number): Promise<boolean> {
    return this.#current !== undefined && (await this.#verifyPeer(this.#current, timeoutMs)).ok;
  }

  answered(): void {
    this.#silent.clear();
  }

  /** The current address does not answer, or is not trusted: another one may be better. */
  skip(): void {
    if (this.#current !== undefined) this.#silent.add(keyOf(this.#current));
  }

  /** The one to try now; `undefined`: the name leads nowhere. */
  async #next(): Promise<Target | undefined> {
    const targets = await this.#host.targets();
    const mayAnswer = targets.filter((target) => !this.#silent.has(keyOf(target)));
    if (mayAnswer.length === 0) this.#silent.clear();
    const [first] = mayAnswer.length === 0 ? targets : mayAnswer;
    const current = this.#current;
    this.#current = mayAnswer.find((target) => current !== undefined && keyOf(target) === keyOf(current)) ?? first;
    return this.#current;
  }
}

function keyOf({ address, port }: Target): string {
  return `${address} ${port}`;
}
