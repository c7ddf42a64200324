import { randomBytes } from "node:crypto";

import type { RegistrationConfig, TrunkConfig } from "../config/config.js";
import type { Clock } from "../util/clock.js";
import { success } from "../util/result.js";
import type { TrunkRules } from "./admission.js";
import { addressesFor, familiesFor, familyOf, type ListenAddress } from "./families.js";
import { RegistrarHost } from "./registrar-host.js";
import type { ExpectedCertificate, VerifyPeer } from "./registrar-tls.js";
import { Registration } from "./registration.js";
import { type RegistrationRight, soleRight } from "./registration-right.js";
import type { RegistrationState } from "./registration-state.js";
import type { AddressFamily, Resolver } from "./resolver.js";
import type { SipRequests } from "./sip-requests.js";
import { Sources } from "./sources.js";

export interface TrunkOptions {
  readonly requests: SipRequests;
  readonly clock: Clock;
  readonly resolver: Resolver;
  readonly makeVerifier: (expected: ExpectedCertificate) => VerifyPeer;
  readonly onState: (state: RegistrationState) => void;
  /** The watchdog triggered a new registration. */
  readonly onRenewal: (why: string) => void;
  /** A host name of the trunk could not be resolved. */
  readonly onNameFault: (host: string, why: string) => void;
  /** Whether this instance registers the trunk; default: always. */
  readonly right?: RegistrationRight | undefined;
  /** The right has changed. */
  readonly onRight?: () => void;
}

/** An active trunk: resolves its host names and keeps it registered if configured. */
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
  readonly #right: RegistrationRight;
  readonly #unsubscribeRight: () => void;
  #registration: Registration | undefined;
  /** The end of a registration whose right was lost; a new one would have the same Contact and begins after it. */
  #leaving: Promise<void> | undefined;
  /** drachtio's listen addresses for this trunk. */
  #listening: readonly ListenAddress[] = [];
  /** Whether drachtio was ever connected. */
  #isUp = false;
  #heardAt: number | undefined;
  #life: "open" | "handing-over" | "closed" = "open";

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
    this.#right = options.right ?? soleRight;
    this.#unsubscribeRight = this.#right.onChange(() => {
      this.#followRight();
      options.onRight?.();
    });
  }

  /** Why no calls can arrive over this trunk; `undefined` if they can. */
  get fault(): string | undefined {
    if (this.config.registration === undefined || this.registeredBy !== undefined) return undefined;
    const state = this.#registration?.state;
    if (state === undefined) return "not registered";
    return state.kind === "registered" ? undefined : state.why;
  }

  /** The name of the instance that registers the trunk instead of this one; `undefined`: none does. */
  get registeredBy(): string | undefined {
    const { state } = this.#right;
    return this.config.registration !== undefined && state.kind === "elsewhere" ? state.instance : undefined;
  }

  /** The addresses of this instance's Contact, `host:port`, one for each address family. */
  get contacts(): readonly string[] {
    const { registration } = this.config;
    if (registration === undefined) return [];
    const contacts = ([4, 6] as const).flatMap((family) => this.#contactFor(family, registration.contact) ?? []);
    return [...new Set(contacts.map(({ host, port }) => `${host}:${port}`))];
  }

  /** `undefined` if the trunk does not register, or before its registration starts. */
  get registrationState(): RegistrationState | undefined {
    return this.#registration?.state;
  }

  /** The reason of the last unregistered period; `at` by the monotonic clock. */
  get lastFault(): { readonly why: string; readonly at: number } | undefined {
    return this.#registration?.lastFault;
  }

  /** Time of the last received request (monotonic clock); `undefined` if none was received. */
  get heardAt(): number | undefined {
    return this.#heardAt;
  }

  /** Number of registrations renewed by the watchdog. */
  get renewals(): number {
    return this.#registration?.renewals ?? 0;
  }

  /** Warnings for the operator that do not prevent calls. */
  get warnings(): readonly string[] {
    const { srtp, signalling, assumed, provider } = this.config;
    const unencrypted =
      srtp === "mandatory" && signalling === "tls" ? [] : ["calls may be unencrypted: allow_unencrypted is set"];
    const { registrationState: state } = this;
    const unlisted =
      state?.kind === "registered" && state.listed === "no"
        ? ["registered, but the registrar lists only Contacts of others: check that calls arrive"]
        : [];
    return [
      ...unencrypted,
      ...unlisted,
      ...assumed.map((setting) => `${setting} is a common default: ${provider} does not document it`),
    ];
  }

  /** Whether this source address belongs to the trunk. */
  allows(address: string): boolean {
    return this.#sources.allows(address) || (this.#host?.allows(address) ?? false);
  }

  async open(): Promise<void> {
    await Promise.all([this.#sources.open(), this.#host?.open()]);
  }

  /** Call it when drachtio is connected or reconnected: previous flows are gone. */
  signallingIsUp(addresses: readonly ListenAddress[]): void {
    const { registration } = this.config;
    if (registration === undefined || this.#host === undefined || this.#life === "closed") return;
    this.#isUp = true;
    const { transport } = registration.registrar;
    this.#listening = addressesFor(transport, addresses);
    this.#host.setListenFamilies(familiesFor(transport, addresses));
    if (this.#registration === undefined) this.#followRight();
    else this.#registration.registerNow();
  }

  /** Registers now on the operator's request, regardless of the registrar's pauses. */
  retryNow(): void {
    this.#registration?.retryNow();
  }

  /** Reports a request received over this trunk. */
  heard(): void {
    this.#heardAt = this.#options.clock.now();
    this.#registration?.heard();
  }

  /** Reports that a test call to the trunk's number did not arrive. Renews the registration. */
  suspectMissedCalls(why: string): void {
    this.#registration?.suspectMissedCalls(why);
  }

  /**
   * Un-registers and stops DNS lookups.
   *
   * @param successor a trunk that takes over the registration if it has the same Contact
   */
  async close(successor?: Trunk): Promise<void> {
    this.#end();
    await this.#leaving;
    if (successor !== undefined && this.#hasContactOf(successor)) await this.#registration?.abandon();
    else await this.#registration?.stop();
  }

  /**
   * Stops, and leaves the registration to the next process, which has the same Contact.
   *
   * @param left settles when this process has given away its right; another instance may have it then
   */
  async handOver(left: Promise<void>): Promise<void> {
    this.#life = "handing-over";
    await left;
    await this.#leaving;
    this.#end();
    await this.#registration?.abandon();
  }

  #end(): void {
    this.#life = "closed";
    this.#unsubscribeRight();
    this.#sources.close();
    this.#host?.close();
  }

  #hasContactOf({ config }: Trunk): boolean {
    const [ours, theirs] = [this.config.registration, config.registration];
    if (ours === undefined || theirs === undefined) return false;
    const identity = ({ registrar, domain, username, contact }: RegistrationConfig): string =>
      JSON.stringify([registrar, domain, username, contact]);
    return identity(ours) === identity(theirs);
  }

  /** Registers if this instance has the right to, and otherwise leaves the registration to another one. */
  #followRight(): void {
    if (this.#right.state.kind === "held") this.#begin();
    else this.#leave();
  }

  #begin(): void {
    const { registration } = this.config;
    if (registration === undefined || this.#host === undefined || !this.#isUp || this.#life === "closed") return;
    if (this.#registration !== undefined || this.#leaving !== undefined) return;
    const { transport } = registration.registrar;
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

  #leave(): void {
    const registration = this.#registration;
    if (registration === undefined || this.#life === "closed") return;
    this.#registration = undefined;
    this.#leaving = this.#handOver(registration).finally(() => {
      this.#leaving = undefined;
      this.#followRight();
    });
  }

  /** Un-registers once another instance is registered: its own Contact only, never one that the other one uses. */
  async #handOver(registration: Registration): Promise<void> {
    const succession = await this.#right.succession(this.contacts);
    const isKept = succession === "same-contact" || (succession === "none" && this.#life === "handing-over");
    await (isKept ? registration.abandon() : registration.stop());
  }

  #register(settings: RegistrationConfig, host: RegistrarHost, first: ListenAddress): Registration {
    const { requests, clock, makeVerifier, onState, onRenewal } = this.#options;
    const { transport } = settings.registrar;
    return new Registration(
      {
        host,
        transport,
        // Without TLS (allow_unencrypted) no certificate can be verified.
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
        contact: ({ address }) => this.#contactFor(familyOf(address), settings.contact) ?? first,
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

  /** The Contact address in the registrar's address family; a host name fits both. */
  #contactFor(
    family: AddressFamily | undefined,
    configured: RegistrationConfig["contact"],
  ): { readonly host: string; readonly port: number } | undefined {
    const fits = (each: { readonly host: string }): boolean => [undefined, family].includes(familyOf(each.host));
    const own = this.#listening.find(fits);
    return configured !== undefined && (fits(configured) || own === undefined) ? configured : own;
  }
}
