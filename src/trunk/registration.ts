import type { Clock } from "../clock.js";
import { Latch } from "../latch.js";
import { type Registered, Registrar, type RegistrarOptions, type SipRequests } from "./registrar.js";
import type { RegistrarHost, Target } from "./registrar-host.js";
import type { VerifyPeer } from "./registrar-tls.js";
import { TargetChoice } from "./target-choice.js";
import { Watchdog, type WatchdogSettings } from "./watchdog.js";

export interface RegistrationOptions extends RegistrarOptions {
  readonly host: Pick<RegistrarHost, "targets" | "has">;
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

/** All times are milliseconds of the monotonic clock; `since` is when this state began. */
export type RegistrationState =
  | { readonly kind: "not-registered"; readonly why: string; readonly since: number }
  | {
      readonly kind: "registered";
      /** What was granted, from `refreshedAt` on. */
      readonly expiresInMs: number;
      readonly refreshedAt: number;
      readonly registrar: Target;
      readonly since: number;
    };

export interface RegistrationEvents {
  /** Every answer to a REGISTER, and whatever else changes the state. */
  readonly onState: (state: RegistrationState) => void;
  /** The watchdog has the registration made anew. */
  readonly onRenewal: (why: string) => void;
}

type Granted = Extract<Registered, { kind: "registered" }>;
type Attempt = Granted | { readonly kind: "failed"; readonly why: string };

/** drachtio mixes up two REGISTERs of one Call-ID that follow closer than this, in milliseconds. */
const leastDistance = 4_000;
const longestBackoff = 60_000;
/** How long a request that is under way, and then the un-REGISTER, may each hold up the shutdown, in milliseconds. */
const goodbyeLimit = 3_000;
/** Of which its certificate may take this much. */
const goodbyeVerifyMs = 2_000;
/** No registrar asks for more, in seconds; a day. */
const longestExpiry = 86_400;

/**
 * Keeps one trunk registered (RFC 3261 section 10): refreshes well before the granted expiry, tries the flow with an
 * OPTIONS now and then, and registers again at once when the flow has broken, when the registrar's name leads
 * elsewhere, or when the watchdog says that the trunk is deaf. Stays with one address of the registrar for as long as
 * somebody answers there.
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
  #wasListed = false;
  /** From where the registrar has seen the last REGISTER. */
  #seen: string | undefined;
  #lastFault: { readonly why: string; readonly at: number } | undefined;
  readonly #stopping = new Latch<true>();
  #wake: (() => void) | undefined;
  #running: Promise<void> | undefined;

  constructor(options: RegistrationOptions, requests: SipRequests, clock: Clock, events: RegistrationEvents) {
    this.#options = options;
    this.#registrar = new Registrar(options, requests);
    this.#clock = clock;
    this.#events = events;
    this.#targets = new TargetChoice(options.host, options.verifyPeer);
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

  /** Whatever this waits for, it tries now: drachtio is back, or an operator asks for it. */
  hurry(why = "registering again"): void {
    if (this.#isStopping()) return;
    this.#fail(why);
    this.#wake?.();
  }

  /** The registrar's name has been resolved: where it does not lead to our address any more, we follow it. */
  hostResolved(): void {
    if (this.#targets.hasMoved) this.hurry("the registrar has moved");
  }

  /** A request has come in over the trunk. */
  heard(): void {
    this.#watchdog.heard();
  }

  /** Somebody knows that calls to the trunk do not arrive: it is registered anew, unless that was done just now. */
  suspectDeaf(why: string): void {
    this.#watchdog.suspect(why);
    this.#wake?.();
  }

  /** Stops without un-registering: somebody else goes on with the same Contact. */
  async abandon(): Promise<void> {
    this.#stopping.set(true);
    this.#wake?.();
    if (this.#running !== undefined) await this.#atMost(goodbyeLimit, this.#running);
    this.#fail("stopped");
  }

  /** Un-registers, where the registrar knows us, and stops. */
  async stop(): Promise<void> {
    this.#stopping.set(true);
    this.#wake?.();
    if (this.#running !== undefined) await this.#atMost(goodbyeLimit, this.#running);
    const isBound = this.#clock.now() < this.#boundUntil;
    if (isBound) await this.#atMost(goodbyeLimit, this.#unregister());
    this.#fail(isBound ? "un-registered" : "stopped");
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#isStopping()) {
      const registered = await this.#register();
      if (this.#isStopping()) return;
      if (registered.kind === "registered") {
        failures = 0;
        await this.#hold();
      } else {
        failures += 1;
        this.#fail(registered.why);
        await this.#sleep(Math.min(longestBackoff, leastDistance * 2 ** (failures - 1)));
      }
      await this.#keepDistance();
    }
  }

  /** However great the hurry is. */
  async #keepDistance(): Promise<void> {
    for (;;) {
      const left = leastDistance - (this.#clock.now() - this.#triedAt);
      if (left <= 0 || this.#isStopping()) return;
      await this.#sleep(left);
    }
  }

  /** Stays while the registration is good: returns when it has to be made again. */
  async #hold(): Promise<void> {
    const { keepaliveMs } = this.#options;
    const { state } = this;
    if (state.kind !== "registered") return;
    const target = state.registrar;
    const refreshAt = state.refreshedAt + refreshAfter(state.expiresInMs);
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
      const broken = await this.#registrar.flowFault(target, this.#seen);
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
    await this.#atMost(goodbyeLimit, this.#unregister());
    this.#callId = this.#options.newCallId();
    this.#triedAt = Number.NEGATIVE_INFINITY;
  }

  async #register(): Promise<Attempt> {
    const verified = await this.#targets.nextVerified({
      isIntact: (target) => this.#isFlowIntact(target),
      isStopping: () => this.#isStopping(),
    });
    if (!verified.ok) return { kind: "failed", why: verified.failure };
    if (this.#isStopping()) return { kind: "failed", why: "stopped" };
    const target = verified.value;
    this.#triedAt = this.#clock.now();
    const registered = await this.#registrar.register(target, this.#callId, this.#expires);
    switch (registered.kind) {
      case "registered":
        return this.#accepted(registered, target);
      case "too-brief": {
        const least = registered.leastSeconds;
        if (least <= this.#expires || least > longestExpiry) return { kind: "failed", why: `423 Interval Too Brief (at least ${least} s)` };
        this.#expires = least;
        return { kind: "failed", why: `423 Interval Too Brief: asking for ${least} s` };
      }
      case "unreachable":
      case "refused":
        this.#targets.skip();
        return { kind: "failed", why: registered.why };
      case "failed":
        return registered;
    }
  }

  #accepted(registered: Granted, target: Target): Attempt {
    const { expiresInMs, listed, seen } = registered;
    const now = this.#clock.now();
    this.#seen = seen;
    this.#targets.answered();
    this.#boundUntil = now + expiresInMs;
    if (expiresInMs === 0) return { kind: "failed", why: "the registrar grants no time" };
    this.#watchdog.registered();
    // One that never lists it, since a border element has put another one in its place, says nothing by that.
    if (listed === "no" && this.#wasListed) this.#watchdog.suspect("the registrar does not list our Contact any more");
    this.#wasListed ||= listed === "yes";
    const since = this.#state.kind === "registered" ? this.#state.since : now;
    if (!this.#isStopping()) this.#enter({ kind: "registered", expiresInMs, refreshedAt: now, registrar: target, since });
    return registered;
  }

  /** Whether the connection to that address is the one over which it was registered, as the registrar sees it. */
  async #isFlowIntact(target: Target): Promise<boolean> {
    const { state } = this;
    if (state.kind !== "registered" || state.registrar.address !== target.address || state.registrar.port !== target.port || this.#seen === undefined) return false;
    return (await this.#registrar.flowFault(target, this.#seen)) === undefined && this.#isRegistered();
  }

  /** An address that can't be verified now gets nothing: its binding runs out. */
  async #unregister(): Promise<void> {
    const target = this.#targets.current;
    if (target === undefined || !(await this.#targets.isVerified(goodbyeVerifyMs))) return;
    this.#triedAt = this.#clock.now();
    await this.#registrar.register(target, this.#callId, 0);
    this.#boundUntil = this.#clock.now();
  }

  async #sleep(ms: number): Promise<void> {
    if (this.#isStopping()) return;
    await new Promise<void>((resolve) => {
      const callOff = this.#clock.after(ms, resolve);
      this.#wake = () => {
        callOff();
        resolve();
      };
    });
    this.#wake = undefined;
  }

  /** Waits for `work`, but no longer than `ms` milliseconds. */
  async #atMost(ms: number, work: Promise<unknown>): Promise<void> {
    let callOff: () => void = () => undefined;
    const late = new Promise<void>((resolve) => {
      callOff = this.#clock.after(ms, resolve);
    });
    await Promise.race([work, late]);
    callOff();
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
    this.#events.onState(state);
  }
}

/** Three quarters of what was granted, so that a lost request or two do no harm; at least 5 s. */
function refreshAfter(expiresInMs: number): number {
  return Math.max(5_000, expiresInMs * 0.75);
}
