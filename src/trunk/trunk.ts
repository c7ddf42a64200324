import { randomBytes } from "node:crypto";

import type { RegistrationConfig, TrunkConfig } from "../config/config.js";
import type { Clock } from "../util/clock.js";
import { success } from "../util/result.js";
import type { TrunkRules } from "./admission.js";
import { addressesFor, familiesFor, familyOf } from "./families.js";
import type { ListenAddress } from "./listen-address.js";
import { RegistrarHost, type Target } from "./registrar-host.js";
import type { ExpectedCertificate, VerifyPeer } from "./registrar-tls.js";
import { Registration } from "./registration.js";
import type { RegistrationState } from "./registration-state.js";
import type { Resolver } from "./resolver.js";
import type { SipRequests } from "./sip-requests.js";
import { Sources } from "./sources.js";

export interface TrunkOptions {
  readonly requests: SipRequests;
  readonly clock: Clock;
  readonly resolver: Resolver;
  readonly makeVerifier: (expected: ExpectedCertificate) => VerifyPeer;
  readonly onState: (state: RegistrationState) => void;
  /** The watchdog has the trunk registered anew. */
  readonly onRenewal: (why: string) => void;
  /** A host name that the trunk needs is not in DNS. */
  readonly onNameFault: (host: string, why: string) => void;
}

/** One trunk of the configuration at work: its names followed, and registered where it has to be. */
export class Trunk implements TrunkRules {
  readonly name: string;
  readonly signalling: TrunkRules["signalling"];
  readonly numbers: TrunkRules["numbers"];
  readonly calledNumberFrom: TrunkRules["calledNumberFrom"];
  readonly country: TrunkRules["country"];
  readonly bareCountryCode: boolean;
  readonly trustsAssertedIdentity: boolean;
  readonly srtp: TrunkRules["srtp"];
  readonly channels: number | undefined;
  readonly config: TrunkConfig;
  readonly #options: TrunkOptions;
  readonly #sources: Sources;
  readonly #host: RegistrarHost | undefined;
  #registration: Registration | undefined;
  /** Where drachtio meets this trunk. */
  #listening: readonly ListenAddress[] = [];
  #heardAt: number | undefined;
  #isClosed = false;

  constructor(config: TrunkConfig, options: TrunkOptions) {
    const { clock, resolver, onNameFault } = options;
    this.config = config;
    this.#options = options;
    this.name = config.name;
    this.signalling = config.signalling;
    this.numbers = config.numbers;
    this.calledNumberFrom = config.calledNumberFrom;
    this.country = config.country;
    this.bareCountryCode = config.bareCountryCode;
    this.trustsAssertedIdentity = config.trustsAssertedIdentity;
    this.srtp = config.srtp;
    this.channels = config.channels;
    this.#sources = new Sources(config.sources, resolver, clock, onNameFault);
    this.#host =
      config.registration &&
      new RegistrarHost(config.registration.registrar, resolver, clock, {
        onFault: onNameFault,
        onChange: () => {
          this.#registration?.hostResolved();
        },
      });
  }

  /** Why no calls would come in over this trunk; `undefined` when they would. */
  get fault(): string | undefined {
    if (this.config.registration === undefined) return undefined;
    const state = this.#registration?.state;
    if (state === undefined) return "not registered";
    return state.kind === "registered" ? undefined : state.why;
  }

  /** `undefined` for a trunk that does not register, or not yet. */
  get registrationState(): RegistrationState | undefined {
    return this.#registration?.state;
  }

  /** Why it was not registered the last time that it was not; `at` by the monotonic clock. */
  get lastFault(): { readonly why: string; readonly at: number } | undefined {
    return this.#registration?.lastFault;
  }

  /** When a request has come in over it last, by the monotonic clock; `undefined`: none has. */
  get heardAt(): number | undefined {
    return this.#heardAt;
  }

  /** How often the watchdog has had it registered anew. */
  get renewals(): number {
    return this.#registration?.renewals ?? 0;
  }

  /** What an operator should know although calls work. */
  get warnings(): readonly string[] {
    const { srtp, signalling, assumed, provider } = this.config;
    const inTheOpen =
      srtp === "mandatory" && signalling === "tls" ? [] : ["calls may go in the open: allow_unencrypted is set"];
    const { registrationState: state } = this;
    const unlisted =
      state?.kind === "registered" && state.listed === "no"
        ? ["registered, but the registrar lists Contacts of others only: see whether calls come in"]
        : [];
    return [
      ...inTheOpen,
      ...unlisted,
      ...assumed.map((setting) => `${setting} is a guess: no source tells it for ${provider}`),
    ];
  }

  /** Whether a request from this address is the trunk's. */
  allows(address: string): boolean {
    return this.#sources.allows(address) || (this.#host?.allows(address) ?? false);
  }

  async open(): Promise<void> {
    await Promise.all([this.#sources.open(), this.#host?.open()]);
  }

  /** drachtio is connected, for the first time or again: whatever flow there was is gone. */
  signallingIsUp(addresses: readonly ListenAddress[]): void {
    const { registration } = this.config;
    if (registration === undefined || this.#host === undefined || this.#isClosed) return;
    const { transport } = registration.registrar;
    this.#listening = addressesFor(transport, addresses);
    this.#host.setListenFamilies(familiesFor(transport, addresses));
    if (this.#registration !== undefined) {
      this.#registration.registerNow();
      return;
    }
    const [first] = this.#listening;
    if (first === undefined) {
      this.#options.onState({
        kind: "not-registered",
        why: `drachtio listens on no ${transport} address`,
        since: this.#options.clock.now(),
      });
      return;
    }
    this.#registration = this.#register(registration, this.#host, first);
    this.#registration.start();
  }

  /** The operator wants it registered now, whatever the registrar has said. */
  retryNow(): void {
    this.#registration?.retryNow();
  }

  /** A request has come in over it. */
  heard(): void {
    this.#heardAt = this.#options.clock.now();
    this.#registration?.heard();
  }

  /** Somebody has called the trunk's own number, and the call did not arrive: it is registered anew. */
  suspectDeaf(why: string): void {
    this.#registration?.suspectDeaf(why);
  }

  /**
   * Un-registers and stops following names.
   *
   * @param successor a line that registers the same Contact: the registration is left to it
   */
  async close(successor?: Trunk): Promise<void> {
    this.#isClosed = true;
    this.#sources.close();
    this.#host?.close();
    if (successor !== undefined && this.#hasContactOf(successor)) await this.#registration?.abandon();
    else await this.#registration?.stop();
  }

  #hasContactOf({ config }: Trunk): boolean {
    const [ours, theirs] = [this.config.registration, config.registration];
    if (ours === undefined || theirs === undefined) return false;
    const identity = ({ registrar, domain, username, contact }: RegistrationConfig): string =>
      JSON.stringify([registrar, domain, username, contact]);
    return identity(ours) === identity(theirs);
  }

  #register(settings: RegistrationConfig, host: RegistrarHost, first: ListenAddress): Registration {
    const { requests, clock, makeVerifier, onState, onRenewal } = this.#options;
    const { transport } = settings.registrar;
    return new Registration(
      {
        host,
        transport,
        // allow_unencrypted: there is nothing to verify.
        verifyPeer:
          transport === "tls"
            ? makeVerifier(settings.certificate)
            : async () => await Promise.resolve(success(undefined)),
        domain: settings.domain,
        username: settings.username,
        authUsername: settings.authUsername,
        password: settings.password.reveal(),
        realms: settings.realms,
        newCnonce: () => randomBytes(16).toString("hex"),
        contact: (target) => this.#contactFor(target, settings.contact) ?? first,
        expires: settings.expiresSeconds,
        keepaliveMs: settings.keepaliveMs,
        watchdog: settings.watchdog,
        newCallId: () => randomBytes(12).toString("hex"),
      },
      requests,
      clock,
      {
        onState: (state) => {
          if (state.kind === "registered") host.granted(state.registrar, state.expiresInMs);
          onState(state);
        },
        onRenewal,
      },
    );
  }

  /** Of the family in which the registrar sees us; a name fits both. */
  #contactFor(
    { address }: Target,
    configured: RegistrationConfig["contact"],
  ): { readonly host: string; readonly port: number } | undefined {
    const fits = (each: { readonly host: string }): boolean =>
      [undefined, familyOf(address)].includes(familyOf(each.host));
    const own = this.#listening.find(fits);
    return configured !== undefined && (fits(configured) || own === undefined) ? configured : own;
  }
}
