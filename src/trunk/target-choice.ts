import type { Clock } from "../util/clock.js";
import { failure, type Result, success } from "../util/result.js";
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
  /** Whether there is a binding whose flow has answered when it was tried last. */
  readonly isRegistered: () => boolean;
}

/** What the registrar's name leads to. */
export type RegistrarTargets = Pick<RegistrarHost, "targets" | "has" | "fault">;

/**
 * The address of a registrar for one trunk. It stays with the one that has answered, for only that server may know the
 * challenge that it has made; without an answer it goes on to the next (RFC 3263 section 4.3). A binding that works is not
 * left because DNS gives other addresses now: names rotate.
 */
export class TargetChoice {
  readonly #host: RegistrarTargets;
  readonly #verifyPeer: VerifyPeer;
  readonly #clock: Clock;
  /** As the name led last. */
  #targets: readonly Target[] = [];
  #current: Target | undefined;
  /** Addresses at which nobody has answered since somebody did somewhere. */
  readonly #failed = new Set<string>();
  /** Until when addresses asked not to be tried (Retry-After), in milliseconds of the clock. */
  readonly #blockedUntil = new Map<string, number>();

  constructor(host: RegistrarTargets, verifyPeer: VerifyPeer, clock: Clock) {
    this.#host = host;
    this.#verifyPeer = verifyPeer;
    this.#clock = clock;
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
    let fault: PeerFault | undefined;
    this.#targets = this.#withCurrent(await this.#host.targets(), flow.isRegistered());
    // A round begins with the first address, not with the one that was tried last.
    let startsOver = !this.hasUntried;
    if (startsOver) this.#failed.clear();
    for (let tried = 0; tried < maxTargets && !flow.isStopping(); tried += 1) {
      const target = this.#next(startsOver);
      startsOver = false;
      if (target === undefined) break;
      const verified = await this.#verifyPeer(target, verifyTimeoutMs);
      if (verified.ok || (verified.failure.kind === "unreachable" && (await flow.isIntact(target))))
        return success(target);
      // The name of an impostor counts for more than a server that is down.
      if (fault?.kind !== "untrusted") fault = verified.failure;
      this.skip();
    }
    if (fault !== undefined) return failure(fault.why);
    return failure(this.#targets.length === 0 ? this.#host.fault.why : "the registrar wants to be asked later");
  }

  /** Whether the current address has a valid certificate, within `timeoutMs`. */
  async isVerified(timeoutMs: number): Promise<boolean> {
    return this.#current !== undefined && (await this.#verifyPeer(this.#current, timeoutMs)).ok;
  }

  /** Whether an address is left that has not been tried since the last one that answered. */
  get hasUntried(): boolean {
    return this.#targets.some((target) => !this.#failed.has(keyOf(target)) && !this.#isBlocked(target));
  }

  /** When an address may be tried, in milliseconds of the clock; in the past when one may now. */
  async nextAttemptAt(): Promise<number> {
    const now = this.#clock.now();
    if (this.#targets.length === 0 || this.#targets.some((target) => !this.#isBlocked(target))) return now;
    // DNS may know another one by now.
    const targets = await this.#host.targets();
    return targets.length === 0
      ? now
      : Math.min(...targets.map((target) => this.#blockedUntil.get(keyOf(target)) ?? now));
  }

  markAnswered(): void {
    this.#failed.clear();
  }

  /** The current address can't register us, or is not trusted: another one may. */
  skip(): void {
    if (this.#current !== undefined) this.#failed.add(keyOf(this.#current));
  }

  /** The current address is not tried for so many milliseconds. */
  blockFor(ms: number): void {
    const now = this.#clock.now();
    for (const [key, until] of this.#blockedUntil) if (until <= now) this.#blockedUntil.delete(key);
    if (this.#current !== undefined) this.#blockedUntil.set(keyOf(this.#current), now + ms);
  }

  /** All addresses may be tried. */
  unblockAll(): void {
    this.#failed.clear();
    this.#blockedUntil.clear();
  }

  /** The registrar names a server: where it is one of its own it is the next one, unless it was tried already. Returns whether it is. */
  prefer(target: Target): boolean {
    const isOwn = this.#host.has(target);
    if (isOwn && !this.#failed.has(keyOf(target))) this.#current = target;
    return isOwn;
  }

  /** The one to try now; `undefined`: none is left. */
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
