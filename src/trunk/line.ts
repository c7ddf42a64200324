import { randomBytes } from "node:crypto";
import type { Clock } from "../clock.js";
import type { TrunkConfig } from "../config/config.js";
import { Registration, type RegistrationState, type SipRequests } from "./registration.js";
import { type ResolveHost, Sources } from "./sources.js";
import type { Trunk } from "./trunks.js";

export interface LineOptions {
  readonly requests: SipRequests;
  readonly clock: Clock;
  readonly resolveHost: ResolveHost;
  readonly onState: (state: RegistrationState) => void;
  readonly onSourceFault: (host: string, why: string) => void;
}

/** An address on which drachtio listens. */
export interface ListenAddress {
  readonly transport: "udp" | "tcp" | "tls";
  readonly host: string;
  readonly port: number;
}

/** One trunk of the configuration at work: its sources followed, and registered where it has to be. */
export class Line implements Trunk {
  readonly name: string;
  readonly sources: Sources;
  readonly signalling: Trunk["signalling"];
  readonly numbers: Trunk["numbers"];
  readonly calledNumberFrom: Trunk["calledNumberFrom"];
  readonly country: Trunk["country"];
  readonly bareCountryCode: boolean;
  readonly srtp: Trunk["srtp"];
  readonly #config: TrunkConfig;
  readonly #options: LineOptions;
  #registration: Registration | undefined;
  #isClosed = false;

  constructor(config: TrunkConfig, options: LineOptions) {
    this.#config = config;
    this.#options = options;
    this.name = config.name;
    this.signalling = config.signalling;
    this.numbers = config.numbers;
    this.calledNumberFrom = config.calledNumberFrom;
    this.country = config.country;
    this.bareCountryCode = config.bareCountryCode;
    this.srtp = config.srtp;
    this.sources = new Sources(config.sources, options.resolveHost, options.clock, options.onSourceFault);
  }

  /** Why no calls would come in over this trunk; `undefined` when they would. */
  get fault(): string | undefined {
    if (this.#config.registration === undefined) return undefined;
    const state = this.#registration?.state;
    if (state === undefined) return "not registered";
    return state.kind === "registered" ? undefined : state.why;
  }

  /** `undefined` for a trunk that does not register, or not yet. */
  get registrationState(): RegistrationState | undefined {
    return this.#registration?.state;
  }

  async open(): Promise<void> {
    await this.sources.open();
  }

  /** drachtio is connected, for the first time or again: whatever flow there was is gone. */
  signallingIsUp(addresses: readonly ListenAddress[]): void {
    if (this.#registration !== undefined) {
      this.#registration.hurry();
      return;
    }
    const { registration } = this.#config;
    if (registration === undefined || this.#isClosed) return;
    const { registrar, username, password, expiresSeconds, keepaliveMs } = registration;
    const listening = addresses.find((address) => address.transport === registrar.transport);
    const contact = registration.contact ?? listening;
    if (contact === undefined) {
      this.#options.onState({ kind: "not-registered", why: `drachtio listens on no ${registrar.transport} address` });
      return;
    }
    this.#registration = new Registration({
      trunk: this.name,
      registrar,
      username,
      password: password.reveal(),
      contact: { host: contact.host, port: contact.port },
      expires: expiresSeconds,
      keepaliveMs,
      callId: randomBytes(12).toString("hex"),
    }, this.#options.requests, this.#options.clock, this.#options.onState);
    this.#registration.start();
  }

  /** Un-registers and stops following the sources. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.sources.close();
    await this.#registration?.stop();
  }
}
