import type { Clock } from "../util/clock.js";
import { Latch } from "../util/latch.js";
import { within } from "../util/wait.js";
import { afterFailure, type Attempt, type Granted } from "./attempt.js";
import { Registrar, type RegistrarOptions } from "./registrar.js";
import type { Target } from "./registrar-host.js";
import type { VerifyPeer } from "./registrar-tls.js";
import type { RegistrationEvents, RegistrationState } from "./registration-state.js";
import { RetryPause } from "./retry-pause.js";
import type { SipRequests } from "./sip-requests.js";
import { type RegistrarTargets, TargetChoice } from "./target-choice.js";
import { WakeableSleep } from "./wakeable-sleep.js";
import { Watchdog, type WatchdogSettings } from "./watchdog.js";

export interface RegistrationOptions extends RegistrarOptions {
  readonly host: RegistrarTargets;
  /** Verifies the registrar's identity before each REGISTER. */
  readonly verifyPeer: VerifyPeer;
  /** Requested expiry in seconds; the granted expiry applies. */
  readonly expires: number;
  /** Interval of flow checks (OPTIONS), in milliseconds. */
  readonly keepaliveMs: number;
  /** `undefined` disables the watchdog. */
  readonly watchdog: WatchdogSettings | undefined;
  /** Returns a Call-ID for a new binding. */
  readonly newCallId: () => string;
}

/** Minimum interval between REGISTERs of one Call-ID, which drachtio-server 0.9.10 would mix up otherwise. Milliseconds. */
const minRegisterIntervalMs = 4_000;
/** Shutdown timeout for the pending request, and again for the un-REGISTER, in milliseconds. */
const stopTimeoutMs = 3_000;
/** Part of it for verifying the certificate. */
const stopVerifyTimeoutMs = 2_000;
/** Upper limit for Min-Expires: one day, in seconds. */
const maxExpirySeconds = 86_400;

/**
 * Keeps one trunk registered (RFC 3261 section 10): refreshes well before expiry, checks the flow with OPTIONS, and
 * re-registers immediately if the flow is broken or the watchdog suspects that no calls arrive. Stays with one address of
 * the registrar while it responds, even if DNS has changed.
 */
export class Registration {
  readonly #options: RegistrationOptions;
  readonly #registrar: Registrar;
  readonly #clock: Clock;
  readonly #events: RegistrationEvents;
  readonly #watchdog: Watchdog;
  #state: RegistrationState;
  #callId: string;
  #expires: number;
  readonly #targets: TargetChoice;
  /** Time of the last REGISTER with this Call-ID. */
  #triedAt = Number.NEGATIVE_INFINITY;
  /** Expiry of the binding at the registrar, even if the flow is lost. */
  #boundUntil = Number.NEGATIVE_INFINITY;
  /** Response time of the last granted REGISTER. */
  #answerMs = 0;
  #wasListed = false;
  /** Our address in the registrar's last response (Via). */
  #seen: string | undefined;
  #lastFault: { readonly why: string; readonly at: number } | undefined;
  readonly #pause = new RetryPause();
  /** No REGISTER before this time, because the registrar has rejected us. */
  #heldUntil = Number.NEGATIVE_INFINITY;
  /** All addresses sent Retry-After; DNS may return another one meanwhile. */
  #waitsForTarget = false;
  #cancelLapse: () => void = () => undefined;
  readonly #stopping = new Latch<true>();
  readonly #sleeper: WakeableSleep;
  #running: Promise<void> | undefined;

  constructor(options: RegistrationOptions, requests: SipRequests, clock: Clock, events: RegistrationEvents) {
    this.#options = options;
    this.#registrar = new Registrar(options, requests, clock);
    this.#clock = clock;
    this.#sleeper = new WakeableSleep(clock);
    this.#events = events;
    this.#targets = new TargetChoice(options.host, options.verifyPeer, clock);
    this.#watchdog = new Watchdog(options.watchdog, clock);
    this.#state = { kind: "not-registered", why: "not tried yet", since: clock.now() };
    this.#callId = options.newCallId();
    this.#expires = options.expires;
  }

  get state(): RegistrationState {
    return this.#state;
  }

  /** The reason and start of the last unregistered period. */
  get lastFault(): { readonly why: string; readonly at: number } | undefined {
    return this.#lastFault;
  }

  /** Number of registrations renewed by the watchdog. */
  get renewals(): number {
    return this.#watchdog.renewals;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Re-registers now because the flow has changed, unless the registrar rejected us recently. */
  registerNow(why = "registering again"): void {
    if (this.#isStopping()) return;
    if (this.#isRegistered() || this.#clock.now() >= this.#heldUntil) this.#fail(why);
    this.#sleeper.wake();
  }

  /** Retries now on the operator's request and ignores pauses. No effect while registered. */
  retryNow(): void {
    if (this.#isStopping() || this.#isRegistered()) return;
    this.#heldUntil = Number.NEGATIVE_INFINITY;
    this.#pause.reset();
    this.#targets.unblockAll();
    this.#sleeper.wake();
  }

  /** The registrar's name was resolved. If not registered and the address has changed, re-registers immediately. */
  hostResolved(): void {
    if (!this.#isRegistered() && this.#targets.hasMoved) this.registerNow("the registrar has moved");
    else if (this.#waitsForTarget) this.#sleeper.wake();
  }

  /** Reports a request received over the trunk. */
  heard(): void {
    this.#watchdog.heard();
  }

  /** Reports that calls to the trunk do not arrive. Renews the registration, at most once per `minIntervalMs`. */
  suspectMissedCalls(why: string): void {
    this.#watchdog.suspect(why);
    this.#sleeper.wake();
  }

  /** Stops without un-registering, because another registration uses the same Contact. */
  async abandon(): Promise<void> {
    this.#stopping.set(true);
    this.#sleeper.wake();
    if (this.#running !== undefined) await within(this.#clock, stopTimeoutMs, this.#running);
    this.#fail("stopped");
  }

  /** Stops, and un-registers if the registrar still has a binding. */
  async stop(): Promise<void> {
    this.#stopping.set(true);
    this.#sleeper.wake();
    if (this.#running !== undefined) await within(this.#clock, stopTimeoutMs, this.#running);
    const isBound = this.#clock.now() < this.#boundUntil;
    if (isBound) await within(this.#clock, stopTimeoutMs, this.#unregister());
    this.#fail(isBound ? "un-registered" : "stopped");
  }

  async #run(): Promise<void> {
    while (!this.#isStopping()) {
      const attempt = await this.#register();
      if (this.#isStopping()) return;
      if (attempt.kind === "registered") {
        this.#pause.reset();
        await this.#keepRegistered();
      } else {
        await this.#backOff(attempt);
      }
      await this.#waitUntilAllowed();
    }
  }

  /** Waits after a failure; the pause after a rejection is applied by `#waitUntilAllowed`. */
  async #backOff(attempt: Exclude<Attempt, { kind: "registered" }>): Promise<void> {
    if (attempt.kind === "rejected") {
      const pauseMs = Math.max(this.#pause.afterRejection(), attempt.retryAfterMs ?? 0);
      this.#heldUntil = this.#clock.now() + pauseMs;
      this.#fail(`${attempt.why}; next attempt in ${Math.ceil(pauseMs / 1_000)} s`);
      return;
    }
    this.#fail(attempt.why);
    if (attempt.kind === "failed" || !this.#targets.hasUntried) await this.#sleep(this.#pause.afterFailure());
  }

  /** Waits for the minimum interval between REGISTERs and for the pauses that the registrar asked for. */
  async #waitUntilAllowed(): Promise<void> {
    while (!this.#isStopping()) {
      const openAt = await this.#targets.nextAttemptAt();
      const now = this.#clock.now();
      const left = Math.max(this.#triedAt + minRegisterIntervalMs, this.#heldUntil, openAt) - now;
      if (left <= 0) return;
      this.#waitsForTarget = openAt > now;
      await this.#sleep(left);
      this.#waitsForTarget = false;
    }
  }

  /** Returns when the registration must be refreshed or renewed. */
  async #keepRegistered(): Promise<void> {
    const { keepaliveMs } = this.#options;
    const { state } = this;
    if (state.kind !== "registered") return;
    const target = state.registrar;
    const refreshAt = state.refreshedAt + refreshAfter(state.expiresInMs, this.#answerMs);
    while (!this.#isStopping() && this.#isRegistered()) {
      const why = this.#watchdog.verdict();
      if (why !== undefined) {
        await this.#renew(why);
        return;
      }
      const left = refreshAt - this.#clock.now();
      if (left <= 0) return;
      await this.#sleep(Math.min(left, keepaliveMs));
      if (this.#isStopping() || !this.#isRegistered() || refreshAt <= this.#clock.now()) return;
      // A flow without a response must not delay the refresh.
      const broken = await within(
        this.#clock,
        refreshAt - this.#clock.now(),
        this.#registrar.flowFault(target, this.#seen),
        this.#stopping,
      );
      if (this.#isStopping()) return;
      if (broken !== undefined) {
        this.#fail(broken);
        return;
      }
    }
  }

  /** Removes the binding; the loop then creates a new one. A new Call-ID avoids the minimum interval. */
  async #renew(why: string): Promise<void> {
    this.#events.onRenewal(why);
    this.#fail(`re-registering: ${why}`);
    await within(this.#clock, stopTimeoutMs, this.#unregister());
    this.#callId = this.#options.newCallId();
    this.#triedAt = Number.NEGATIVE_INFINITY;
  }

  async #register(): Promise<Attempt> {
    const verified = await this.#targets.nextVerified({
      isIntact: (target) => this.#isFlowIntact(target),
      isStopping: () => this.#isStopping(),
      isRegistered: () => this.#isRegistered(),
    });
    if (!verified.ok) return { kind: "failed", why: verified.failure };
    if (this.#isStopping()) return { kind: "failed", why: "stopped" };
    const target = verified.value;
    this.#triedAt = this.#clock.now();
    const outcome = await this.#registrar.register(target, this.#callId, this.#expires);
    if (outcome.kind === "registered") return this.#accepted(outcome, target);
    if (outcome.kind !== "too-brief") return afterFailure(outcome, this.#targets);
    const least = outcome.minSeconds;
    if (least <= this.#expires || least > maxExpirySeconds)
      return { kind: "rejected", why: `423 Interval Too Brief (at least ${least} s)` };
    this.#expires = least;
    return { kind: "failed", why: `423 Interval Too Brief: asking for ${least} s` };
  }

  #accepted({ expiresInMs, sentAt, listed, seen }: Granted, target: Target): Attempt {
    const now = this.#clock.now();
    this.#seen = seen;
    this.#boundUntil = now + expiresInMs;
    this.#answerMs = now - sentAt;
    // It would expire before the next REGISTER gets a response.
    if (expiresInMs <= this.#answerMs + minRegisterIntervalMs) {
      this.#targets.skip();
      return {
        kind: "unavailable",
        why:
          expiresInMs === 0
            ? "the registrar granted 0 s"
            : `the registrar granted ${expiresInMs / 1_000} s, too short to stay registered (its response took ${Math.ceil(this.#answerMs / 1_000)} s)`,
      };
    }
    this.#targets.markAnswered();
    this.#watchdog.registered();
    // Significant only if it was listed before: a border element may have replaced our Contact from the start.
    if ((listed === "no" || listed === "alike") && this.#wasListed)
      this.#watchdog.suspect("the registrar no longer lists our Contact");
    this.#wasListed ||= listed === "yes";
    const since = this.#state.kind === "registered" ? this.#state.since : now;
    if (!this.#isStopping())
      this.#enter({ kind: "registered", expiresInMs, refreshedAt: sentAt, registrar: target, listed, since });
    return { kind: "registered" };
  }

  /** Whether the registration's connection to that address still exists, from the registrar's view. */
  async #isFlowIntact(target: Target): Promise<boolean> {
    const { state } = this;
    if (
      state.kind !== "registered" ||
      state.registrar.address !== target.address ||
      state.registrar.port !== target.port ||
      this.#seen === undefined
    )
      return false;
    return (await this.#registrar.flowFault(target, this.#seen)) === undefined && this.#isRegistered();
  }

  /** Sends nothing to an address that cannot be verified now; its binding expires. */
  async #unregister(): Promise<void> {
    const target = this.#targets.current;
    if (target === undefined || !(await this.#targets.isVerified(stopVerifyTimeoutMs))) return;
    this.#triedAt = this.#clock.now();
    await this.#registrar.register(target, this.#callId, 0);
    this.#boundUntil = this.#clock.now();
  }

  async #sleep(ms: number): Promise<void> {
    if (!this.#isStopping()) await this.#sleeper.sleep(ms);
  }

  #isStopping(): boolean {
    return this.#stopping.isSet;
  }

  #isRegistered(): boolean {
    return this.#state.kind === "registered";
  }

  #fail(why: string): void {
    this.#enter({ kind: "not-registered", why, since: this.#clock.now() });
  }

  #enter(state: RegistrationState): void {
    if (state.kind === "not-registered" && !this.#isStopping()) this.#lastFault = { why: state.why, at: state.since };
    this.#state = state;
    this.#cancelLapse();
    if (state.kind === "registered") {
      this.#cancelLapse = this.#clock.after(state.refreshedAt + state.expiresInMs - this.#clock.now(), () => {
        this.#fail("the registration expired: the registrar did not renew it in time");
      });
    }
    this.#events.onState(state);
  }
}

/** Three quarters of the expiry, which leaves time for two lost requests and for a slow response. */
function refreshAfter(expiresInMs: number, answerMs: number): number {
  return Math.max(minRegisterIntervalMs, Math.min(expiresInMs * 0.75, expiresInMs - 2 * answerMs));
}
