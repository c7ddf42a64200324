import type { Clock } from "../util/clock.js";
import { failure, type Result, success } from "../util/result.js";
import type { RegistrarHost, Target } from "./registrar-host.js";
import type { PeerFault, VerifyPeer } from "./registrar-tls.js";

/** Timeout for verifying the certificate of an address, in milliseconds. */
const verifyTimeoutMs = 5_000;
/** Maximum number of addresses verified per round. */
const maxTargets = 8;

export interface FlowToVerify {
  /** Whether the previously verified connection to the address still exists. */
  readonly isIntact: (target: Target) => Promise<boolean>;
  readonly isStopping: () => boolean;
  /** Whether a binding exists whose flow responded to the last check. */
  readonly isRegistered: () => boolean;
}

/** The resolved addresses of the registrar. */
export type RegistrarTargets = Pick<RegistrarHost, "targets" | "has" | "fault">;

/**
 * Selects the registrar's address for one trunk. It keeps the address that responded, because only that server may know its
 * challenge; without a response it selects the next one (RFC 3263 section 4.3). A working binding is kept when DNS returns
 * other addresses, because names rotate.
 */
export class TargetChoice {
  readonly #host: RegistrarTargets;
  readonly #verifyPeer: VerifyPeer;
  readonly #clock: Clock;
  /** The addresses at the last attempt. */
  #targets: readonly Target[] = [];
  #current: Target | undefined;
  /** Addresses that failed since the last success. */
  readonly #failed = new Set<string>();
  /** End of the Retry-After pause per address, in milliseconds of the clock. */
  readonly #blockedUntil = new Map<string, number>();

  constructor(host: RegistrarTargets, verifyPeer: VerifyPeer, clock: Clock) {
    this.#host = host;
    this.#verifyPeer = verifyPeer;
    this.#clock = clock;
  }

  /** The last tried address; `undefined` before the first attempt. */
  get current(): Target | undefined {
    return this.#current;
  }

  /** Whether DNS no longer returns the current address. */
  get hasMoved(): boolean {
    return this.#current !== undefined && !this.#host.has(this.#current);
  }

  /**
   * The next address with a valid certificate, starting at the current one, or the reason why none has one. An address that
   * refuses a new connection is used while its flow is intact: that connection was verified when it was opened, and a
   * registrar that limits connections must not lose us the registration.
   */
  async nextVerified(flow: FlowToVerify): Promise<Result<Target, string>> {
    let fault: PeerFault | undefined;
    this.#targets = this.#withCurrent(await this.#host.targets(), flow.isRegistered());
    // A new round starts with the first address, not with the last tried one.
    let startsOver = !this.hasUntried;
    if (startsOver) this.#failed.clear();
    for (let tried = 0; tried < maxTargets && !flow.isStopping(); tried += 1) {
      const target = this.#next(startsOver);
      startsOver = false;
      if (target === undefined) break;
      const verified = await this.#verifyPeer(target, verifyTimeoutMs);
      if (verified.ok || (verified.failure.kind === "unreachable" && (await flow.isIntact(target))))
        return success(target);
      // An untrusted certificate is reported in preference to a server that is down.
      if (fault?.kind !== "untrusted") fault = verified.failure;
      this.skip();
    }
    if (fault !== undefined) return failure(fault.why);
    return failure(this.#targets.length === 0 ? this.#host.fault.why : "the registrar asked for a pause (Retry-After)");
  }

  /** Whether the current address has a valid certificate, within `timeoutMs`. */
  async isVerified(timeoutMs: number): Promise<boolean> {
    return this.#current !== undefined && (await this.#verifyPeer(this.#current, timeoutMs)).ok;
  }

  /** Whether an address remains that has not been tried since the last success. */
  get hasUntried(): boolean {
    return this.#targets.some((target) => !this.#failed.has(keyOf(target)) && !this.#isBlocked(target));
  }

  /** The time of the next permitted attempt, in milliseconds of the clock; not in the future if one is permitted now. */
  async nextAttemptAt(): Promise<number> {
    const now = this.#clock.now();
    if (this.#targets.length === 0 || this.#targets.some((target) => !this.#isBlocked(target))) return now;
    // DNS may return another address by now.
    const targets = await this.#host.targets();
    return targets.length === 0
      ? now
      : Math.min(...targets.map((target) => this.#blockedUntil.get(keyOf(target)) ?? now));
  }

  markAnswered(): void {
    this.#failed.clear();
  }

  /** Marks the current address as failed or untrusted, so that the next one is tried. */
  skip(): void {
    if (this.#current !== undefined) this.#failed.add(keyOf(this.#current));
  }

  /** Blocks the current address for `ms` milliseconds. */
  blockFor(ms: number): void {
    const now = this.#clock.now();
    for (const [key, until] of this.#blockedUntil) if (until <= now) this.#blockedUntil.delete(key);
    if (this.#current !== undefined) this.#blockedUntil.set(keyOf(this.#current), now + ms);
  }

  /** Allows all addresses again. */
  unblockAll(): void {
    this.#failed.clear();
    this.#blockedUntil.clear();
  }

  /** Selects the target of a redirect if it is one of the registrar's addresses and untried. Returns whether it is the registrar's. */
  prefer(target: Target): boolean {
    const isOwn = this.#host.has(target);
    if (isOwn && !this.#failed.has(keyOf(target))) this.#current = target;
    return isOwn;
  }

  /** The address to try now; `undefined` if none remains. */
  #next(startsOver: boolean): Target | undefined {
    const mayAnswer = this.#targets.filter((target) => !this.#failed.has(keyOf(target)) && !this.#isBlocked(target));
    const current = this.#current;
    const kept = startsOver
      ? undefined
      : mayAnswer.find((target) => current !== undefined && keyOf(target) === keyOf(current));
    const next = kept ?? mayAnswer[0];
    this.#current = next ?? current;
    return next;
  }

  #isBlocked(target: Target): boolean {
    return (this.#blockedUntil.get(keyOf(target)) ?? Number.NEGATIVE_INFINITY) > this.#clock.now();
  }

  #withCurrent(targets: readonly Target[], isRegistered: boolean): readonly Target[] {
    const current = this.#current;
    if (!isRegistered || current === undefined || targets.some((target) => keyOf(target) === keyOf(current)))
      return targets;
    return [current, ...targets];
  }
}

function keyOf({ address, port }: Target): string {
  return `${address} ${port}`;
}
