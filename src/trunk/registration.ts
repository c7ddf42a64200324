import type { Clock } from "../util/clock.js";
import { Latch } from "../util/latch.js";
import { afterFailure, type Attempt, type Granted } from "./attempt.js";
import { Registrar, type RegistrarOptions } from "./registrar.js";
import type { Target } from "./registrar-host.js";
import type { VerifyPeer } from "./registrar-tls.js";
import type { RegistrationEvents, RegistrationState } from "./registration-state.js";
import { RetryPause } from "./retry-pause.js";
import type { SipRequests } from "./sip-requests.js";
import { type RegistrarTargets, TargetChoice } from "./target-choice.js";
import { atMost, WakeableSleep } from "./wakeable-sleep.js";
import { Watchdog, type WatchdogSettings } from "./watchdog.js";

export interface RegistrationOptions extends RegistrarOptions {
  readonly host: RegistrarTargets;
  /** Before each REGISTER: whether the registrar itself is at the address. */
  readonly verifyPeer: VerifyPeer;
  /** What is asked for, in seconds; what is granted counts. */
  readonly expires: number;
  /** How often the flow to the registrar is tried, in milliseconds. */
  readonly keepaliveMs: number;
  /** `undefined`: nothing is done about a trunk that seems to be deaf. */
  readonly watchdog: WatchdogSettings | undefined;
  /** One for each binding, until the binding is given up. */
  readonly newCallId: () => string;
}

/** drachtio mixes up two REGISTERs of one Call-ID that follow closer than this, in milliseconds. */
const minRegisterIntervalMs = 4_000;
/** How long a request that is under way, and then the un-REGISTER, may each hold up the shutdown, in milliseconds. */
const stopTimeoutMs = 3_000;
/** Of which its certificate may take this much. */
const stopVerifyTimeoutMs = 2_000;
/** No registrar asks for more, in seconds; a day. */
const maxExpirySeconds = 86_400;

/**
 * Keeps one trunk registered (RFC 3261 section 10): refreshes well before the granted expiry, tries the flow with an
 * OPTIONS now and then, and registers again at once when the flow has broken or the watchdog says that the trunk is deaf.
 * Stays with one address of the registrar for as long as it answers, also where its name leads elsewhere now.
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
  /** When the last REGISTER of this Call-ID was sent. */
  #triedAt = Number.NEGATIVE_INFINITY;
  /** Until when the registrar sends calls to our Contact, whatever has become of the flow. */
  #boundUntil = Number.NEGATIVE_INFINITY;
  /** How long the registrar took to grant the registration. */
  #answerMs = 0;
  #wasListed = false;
  /** From where the registrar has seen the last REGISTER. */
  #seen: string | undefined;
  #lastFault: { readonly why: string; readonly at: number } | undefined;
  readonly #pause = new RetryPause();
  /** Nothing is sent before, whatever the hurry: the registrar has rejected us. */
  #heldUntil = Number.NEGATIVE_INFINITY;
  /** All addresses of the registrar have asked for a pause; another one may be resolved meanwhile. */
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

  /** Why it was not registered the last time that it was not, and when that began. */
  get lastFault(): { readonly why: string; readonly at: number } | undefined {
    return this.#lastFault;
  }

  /** How often the watchdog has had it made anew. */
  get renewals(): number {
    return this.#watchdog.renewals;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** The flow is another one, or leads elsewhere: it registers now, unless the registrar has asked for a pause. */
  registerNow(why = "registering again"): void {
    if (this.#isStopping()) return;
    if (this.#isRegistered() || this.#clock.now() >= this.#heldUntil) this.#fail(why);
    this.#sleeper.wake();
  }

  /** The operator wants it tried now, whatever the registrar has said; one that is registered stays as it is. */
  retryNow(): void {
    if (this.#isStopping() || this.#isRegistered()) return;
    this.#heldUntil = Number.NEGATIVE_INFINITY;
    this.#pause.reset();
    this.#targets.unblockAll();
    this.#sleeper.wake();
  }

  /** The registrar's name has been resolved: where nothing answers at the old address, we follow it without waiting. */
  hostResolved(): void {
    if (!this.#isRegistered() && this.#targets.hasMoved) this.registerNow("the registrar has moved");
    else if (this.#waitsForTarget) this.#sleeper.wake();
  }

  /** A request has come in over the trunk. */
  heard(): void {
    this.#watchdog.heard();
  }

  /** Somebody knows that calls to the trunk do not arrive: it is registered anew, unless that was done just now. */
  suspectDeaf(why: string): void {
    this.#watchdog.suspect(why);
    this.#sleeper.wake();
  }

  /** Stops without un-registering: somebody else goes on with the same Contact. */
  async abandon(): Promise<void> {
    this.#stopping.set(true);
    this.#sleeper.wake();
    if (this.#running !== undefined) await atMost(stopTimeoutMs, this.#running, this.#clock);
    this.#fail("stopped");
  }

  /** Un-registers, where the registrar knows us, and stops. */
  async stop(): Promise<void> {
    this.#stopping.set(true);
    this.#sleeper.wake();
    if (this.#running !== undefined) await atMost(stopTimeoutMs, this.#running, this.#clock);
    const isBound = this.#clock.now() < this.#boundUntil;
    if (isBound) await atMost(stopTimeoutMs, this.#unregister(), this.#clock);
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

  /** Waits as long as the failure calls for; how long a rejection holds is left to `#waitUntilAllowed`. */
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

  /** However great the hurry is: until the last REGISTER is long enough ago, and the registrar may be asked again. */
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

  /** Stays while the registration is good: returns when it has to be made again. */
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
      // The refresh does not wait for a flow that gives no answer.
      const broken = await atMost(
        refreshAt - this.#clock.now(),
        this.#registrar.flowFault(target, this.#seen),
        this.#clock,
        this.#stopping,
      );
      if (this.#isStopping()) return;
      if (broken !== undefined) {
        this.#fail(broken);
        return;
      }
    }
  }

  /** Gives the binding up and leaves it to the loop to make a new one, with a Call-ID of its own and so without delay. */
  async #renew(why: string): Promise<void> {
    this.#events.onRenewal(why);
    this.#fail(`registering anew: ${why}`);
    await atMost(stopTimeoutMs, this.#unregister(), this.#clock);
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
    // It would be over before the next REGISTER is answered, or is already.
    if (expiresInMs <= this.#answerMs + minRegisterIntervalMs) {
      this.#targets.skip();
      return {
        kind: "unavailable",
        why:
          expiresInMs === 0
            ? "the registrar grants no time"
            : `the registrar grants ${expiresInMs / 1_000} s, too little to keep registered (its answer took ${Math.ceil(this.#answerMs / 1_000)} s)`,
      };
    }
    this.#targets.markAnswered();
    this.#watchdog.registered();
    // One that never lists it, since a border element has put another one in its place, says nothing by that.
    if ((listed === "no" || listed === "alike") && this.#wasListed)
      this.#watchdog.suspect("the registrar does not list our Contact any more");
    this.#wasListed ||= listed === "yes";
    const since = this.#state.kind === "registered" ? this.#state.since : now;
    if (!this.#isStopping())
      this.#enter({ kind: "registered", expiresInMs, refreshedAt: sentAt, registrar: target, listed, since });
    return { kind: "registered" };
  }

  /** Whether the connection to that address is the one over which it was registered, as the registrar sees it. */
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

  /** An address that can't be verified now gets nothing: its binding runs out. */
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
        this.#fail("the registration has run out: the registrar has not renewed it in time");
      });
    }
    this.#events.onState(state);
  }
}

/** Three quarters of what was granted, so that a lost request or two do no harm, and time enough for a slow answer. */
function refreshAfter(expiresInMs: number, answerMs: number): number {
  return Math.max(minRegisterIntervalMs, Math.min(expiresInMs * 0.75, expiresInMs - 2 * answerMs));
}
