import { isIPv6 } from "node:net";
import type { Clock } from "../clock.js";
import { Latch } from "../latch.js";
import { grantedExpiry, seenAddress } from "./registrar-answer.js";

/** Sends requests outside of dialogs; implemented by `sip/`. */
export interface SipRequests {
  send(
    method: "REGISTER" | "OPTIONS",
    uri: string,
    options: { readonly nextHop: string; readonly headers: Readonly<Record<string, string>>; readonly auth?: { readonly username: string; readonly password: string } },
  ): Promise<SipRequestOutcome>;
}

export type SipRequestOutcome =
  | { readonly kind: "answered"; readonly answer: SipRequestAnswer }
  | { readonly kind: "not-sent"; readonly why: string };

export interface SipRequestAnswer {
  readonly status: number;
  readonly reason: string;
  header(name: string): string | undefined;
}

export interface RegistrationOptions {
  readonly trunk: string;
  readonly registrar: { readonly host: string; readonly port: number; readonly transport: "udp" | "tcp" | "tls" };
  readonly username: string;
  readonly password: string;
  /** The host and port of the Contact, where the provider's calls reach drachtio. */
  readonly contact: { readonly host: string; readonly port: number };
  /** What is asked for, in seconds; what is granted counts. */
  readonly expires: number;
  /** How often the flow to the registrar is tried, in milliseconds. */
  readonly keepaliveMs: number;
  /** Makes the Call-ID, one for the lifetime of the registration. */
  readonly callId: string;
}

export type RegistrationState =
  | { readonly kind: "not-registered"; readonly why: string }
  | { readonly kind: "registered"; readonly expiresInMs: number; readonly since: number };

/** drachtio mixes up two REGISTERs of one Call-ID that follow closer than this, in milliseconds. */
const leastDistance = 4_000;
const longestBackoff = 60_000;
/** How long a request that is under way, and then the un-REGISTER, may each hold up the shutdown, in milliseconds. */
const goodbyeLimit = 3_000;

/**
 * Keeps one trunk registered (RFC 3261 section 10): refreshes well before the granted expiry, tries the flow with an
 * OPTIONS now and then, and registers again at once when the flow has broken. The registrar tells the address
 * from which it sees us in the Via of its answers (RFC 3581): another one means another connection, over which the
 * calls to the old one would not arrive.
 */
export class Registration {
  readonly #options: RegistrationOptions;
  readonly #requests: SipRequests;
  readonly #clock: Clock;
  readonly #onState: (state: RegistrationState) => void;
  #state: RegistrationState = { kind: "not-registered", why: "not tried yet" };
  #sequence = 1;
  /** When the last REGISTER was sent. */
  #triedAt = Number.NEGATIVE_INFINITY;
  /** Until when the registrar sends calls to our Contact, whatever has become of the flow. */
  #boundUntil = Number.NEGATIVE_INFINITY;
  readonly #stopping = new Latch<true>();
  #wake: (() => void) | undefined;
  #running: Promise<void> | undefined;

  constructor(options: RegistrationOptions, requests: SipRequests, clock: Clock, onState: (state: RegistrationState) => void) {
    this.#options = options;
    this.#requests = requests;
    this.#clock = clock;
    this.#onState = onState;
  }

  get state(): RegistrationState {
    return this.#state;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Whatever this waits for, it tries now: drachtio is back, or an operator asks for it. */
  hurry(): void {
    if (this.#isStopping()) return;
    this.#enter({ kind: "not-registered", why: "registering again" });
    this.#wake?.();
  }

  /** Un-registers, where the registrar knows us, and stops. */
  async stop(): Promise<void> {
    this.#stopping.set(true);
    this.#wake?.();
    if (this.#running !== undefined) await this.#atMost(goodbyeLimit, this.#running);
    const isBound = this.#clock.now() < this.#boundUntil;
    if (isBound) await this.#atMost(goodbyeLimit, this.#register(0));
    this.#enter({ kind: "not-registered", why: isBound ? "un-registered" : "stopped" });
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#isStopping()) {
      const registered = await this.#register(this.#options.expires);
      if (this.#isStopping()) return;
      if (registered.ok) {
        failures = 0;
        this.#enter({ kind: "registered", expiresInMs: registered.expiresInMs, since: this.#clock.now() });
        await this.#hold(registered.expiresInMs, registered.seen);
      } else {
        failures += 1;
        this.#enter({ kind: "not-registered", why: registered.why });
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
  async #hold(expiresInMs: number, seen: string | undefined): Promise<void> {
    const { keepaliveMs } = this.#options;
    const refreshAt = this.#clock.now() + refreshAfter(expiresInMs);
    while (!this.#isStopping() && this.#isRegistered()) {
      const left = refreshAt - this.#clock.now();
      if (left <= 0) return;
      await this.#sleep(Math.min(left, keepaliveMs));
      if (this.#isStopping() || !this.#isRegistered() || refreshAt <= this.#clock.now()) return;
      const outcome = await this.#requests.send("OPTIONS", this.#uri(), { nextHop: this.#nextHop(), headers: this.#headers() });
      if (this.#isStopping()) return;
      const broken = flowFault(outcome, seen);
      if (broken !== undefined) {
        this.#enter({ kind: "not-registered", why: broken });
        return;
      }
    }
  }

  async #register(expires: number): Promise<{ ok: true; expiresInMs: number; seen: string | undefined } | { ok: false; why: string }> {
    const { username, password } = this.#options;
    const headers = {
      ...this.#headers(),
      "Call-ID": this.#options.callId,
      CSeq: `${this.#sequence} REGISTER`,
      Contact: `${this.#contact()};expires=${expires}`,
      Expires: String(expires),
    };
    // A challenge makes drachtio-srf send the request again with the next number.
    this.#sequence += 2;
    this.#triedAt = this.#clock.now();
    const outcome = await this.#requests.send("REGISTER", this.#uri(), { nextHop: this.#nextHop(), headers, auth: { username, password } });
    if (outcome.kind === "not-sent") return { ok: false, why: outcome.why };
    const { answer } = outcome;
    if (answer.status !== 200) return { ok: false, why: `${answer.status} ${answer.reason}` };
    const expiresInMs = grantedExpiry(answer, this.#contact().slice(1, -1), expires) * 1_000;
    this.#boundUntil = this.#clock.now() + expiresInMs;
    if (expiresInMs === 0) return { ok: false, why: "the registrar grants no time" };
    return { ok: true, expiresInMs, seen: seenAddress(answer) };
  }

  #headers(): Record<string, string> {
    const { registrar, username } = this.#options;
    const identity = `<sip:${username}@${inUri(registrar.host)}>`;
    return { From: identity, To: identity };
  }

  #contact(): string {
    const { contact, registrar, username } = this.#options;
    return `<sip:${username}@${inUri(contact.host)}:${contact.port};transport=${registrar.transport}>`;
  }

  #uri(): string {
    return `sip:${inUri(this.#options.registrar.host)}`;
  }

  #nextHop(): string {
    const { host, port, transport } = this.#options.registrar;
    return `sip:${inUri(host)}:${port};transport=${transport}`;
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

  #enter(state: RegistrationState): void {
    this.#state = state;
    this.#onState(state);
  }
}

/** A host as a URI has it: IPv6 addresses in brackets (RFC 3261 section 25.1). */
function inUri(host: string): string {
  return isIPv6(host) ? `[${host}]` : host;
}

/** Three quarters of what was granted, so that a lost request or two do no harm; at least 5 s. */
function refreshAfter(expiresInMs: number): number {
  return Math.max(5_000, expiresInMs * 0.75);
}

/** What is wrong with the flow, going by the answer to an OPTIONS; any answer from the registrar itself shows that it is up. */
function flowFault(outcome: SipRequestOutcome, seen: string | undefined): string | undefined {
  if (outcome.kind === "not-sent") return outcome.why;
  const { answer } = outcome;
  const now = seenAddress(answer);
  // drachtio makes up a 408 or 503 when nobody answers; it has no Via that a registrar has filled in.
  if ((answer.status === 408 || answer.status === 503) && now === undefined) return `the registrar does not answer (${answer.status})`;
  if (seen !== undefined && now !== undefined && now !== seen) return "the connection to the registrar was replaced";
  return undefined;
}
