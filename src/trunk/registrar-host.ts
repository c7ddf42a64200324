import { isIP } from "node:net";

import { AddressList, plainAddress } from "../util/address-list.js";
import type { Clock } from "../util/clock.js";
import { plainText } from "../util/plain-text.js";
import { familiesOf, familyNames, familyOf } from "./families.js";
import { HostAddresses, shortest } from "./host-addresses.js";
import { type AddressFamily, nameFaultText, type Resolver, type ServiceRecord } from "./resolver.js";
import { SeenAddresses, seenForMs } from "./seen-addresses.js";

/** An address of the registrar. */
export interface Target {
  readonly address: string;
  readonly port: number;
}

export interface RegistrarName {
  readonly host: string;
  /** Used without an SRV record. */
  readonly port: number;
  readonly transport: "udp" | "tcp" | "tls";
  readonly srv: boolean;
}

/** Why a registrar's name has no usable target. */
export interface RegistrarFault {
  /** `family`: drachtio does not listen on the family of any of its addresses. */
  readonly kind: "unresolved" | "not-offered" | "family";
  readonly why: string;
}

interface HostPort {
  readonly name: string;
  readonly port: number;
}

/** Limits for the DNS refresh interval, in milliseconds; otherwise the TTL applies. */
const minRefreshMs = 10_000;
const maxRefreshMs = 60_000;
/** Maximum number of SRV records used. */
const maxServiceRecords = 16;

/** Delay until the next lookup of a name, in milliseconds. */
export function refreshDelayMs(ttlMs: number | undefined): number {
  return Math.min(maxRefreshMs, Math.max(minRefreshMs, ttlMs ?? maxRefreshMs));
}

/** RFC 3263 section 4.1: `_sips._tcp` is SIP over TLS. NAPTR is not needed because the transport is configured. */
const services = { udp: "_sip._udp", tcp: "_sip._tcp", tls: "_sips._tcp" } as const;

/**
 * Resolves a registrar's name periodically (RFC 3263 section 4.2: addresses, or SRV records if configured). einwahl
 * resolves it instead of drachtio so that a registration stays with one server, which alone knows its challenge, and
 * calls from all servers are recognised. After a failed lookup the last known records and addresses stay in use.
 */
export class RegistrarHost {
  readonly #name: RegistrarName;
  readonly #resolver: Resolver;
  readonly #clock: Clock;
  readonly #onFault: (host: string, why: string) => void;
  readonly #onChange: () => void;
  readonly #seen: SeenAddresses;
  readonly #hosts = new Map<string, HostAddresses>();
  /** `undefined` until the first SRV response; empty if the service is not offered. */
  #hostPorts: readonly HostPort[] | undefined;
  #targets: readonly Target[] = [];
  /** The addresses of `#targets`. */
  #lastKnown = new AddressList();
  #families: readonly AddressFamily[] = [4, 6];
  #fault: RegistrarFault = { kind: "unresolved", why: "the registrar's name does not resolve" };
  #resolving: Promise<number | undefined> | undefined;
  #cancelTimer: () => void = () => undefined;
  #isClosed = false;

  constructor(
    name: RegistrarName,
    resolver: Resolver,
    clock: Clock,
    events: { readonly onFault: (host: string, why: string) => void; readonly onChange: () => void },
  ) {
    this.#name = name;
    this.#resolver = resolver;
    this.#clock = clock;
    this.#onFault = events.onFault;
    this.#onChange = events.onChange;
    this.#seen = new SeenAddresses(clock);
    if (!name.srv) this.#hostPorts = [{ name: name.host, port: name.port }];
  }

  /** Addresses that drachtio can reach, in order of preference. Queries DNS if none is known. If empty see `fault`. */
  async targets(): Promise<readonly Target[]> {
    if (this.#targets.length === 0) await this.#resolveOnce();
    return this.#targets.filter(({ address }) => this.#isReached(address));
  }

  /** Why `targets` is empty. */
  get fault(): RegistrarFault {
    if (this.#targets.length === 0) return this.#fault;
    const families = familiesOf(this.#targets.map(({ address }) => address));
    return {
      kind: "family",
      why: `the registrar has only ${familyNames(families)} addresses, and drachtio listens only on ${familyNames(this.#families)} with ${this.#name.transport}`,
    };
  }

  /** Whether this is a current address of the registrar that drachtio can reach. */
  has({ address, port }: Target): boolean {
    return this.#isReached(address) && this.#targets.some((each) => each.address === address && each.port === port);
  }

  /** Whether this source address is in the registrar's current or recent DNS records. */
  allows(address: string): boolean {
    const plain = plainAddress(address);
    return this.#lastKnown.has(plain) || this.#seen.has(plain);
  }

  /** Sets the address families that drachtio listens on; other targets are ignored. */
  setListenFamilies(families: readonly AddressFamily[]): void {
    this.#families = families;
  }

  /** Allows calls from the address that granted a binding until the binding expires, regardless of DNS. */
  granted({ address }: Target, expiresInMs: number): void {
    this.#seen.add([address], Math.max(seenForMs, expiresInMs));
  }

  /** Resolves the name now and then periodically until `close`. */
  async open(): Promise<void> {
    const ttlMs = await this.#resolveOnce();
    if (isIP(this.#name.host) !== 0 || this.#isClosed) return;
    this.#cancelTimer = this.#clock.after(refreshDelayMs(ttlMs), () => {
      this.open().catch((error: unknown) => {
        this.#onFault(this.#name.host, plainText(String(error)));
      });
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelTimer();
  }

  #isReached(address: string): boolean {
    const family = familyOf(address);
    return family !== undefined && this.#families.includes(family);
  }

  /** Returns the shortest TTL in milliseconds. */
  async #resolveOnce(): Promise<number | undefined> {
    this.#resolving ??= this.#resolve().finally(() => {
      this.#resolving = undefined;
    });
    return await this.#resolving;
  }

  async #resolve(): Promise<number | undefined> {
    const places = await this.#resolveServices();
    if (places === undefined) return undefined;
    const asked = await Promise.all(places.map(async (place) => await this.#resolveAddresses(place)));
    for (const name of [...this.#hosts.keys()])
      if (!places.some((place) => place.name === name)) this.#hosts.delete(name);
    const targets = asked.flatMap((each) => each.targets);
    // A name without any address is more likely a DNS error than a retired registrar: keep the last targets.
    if (targets.length > 0 || places.length === 0) this.#setTargets(targets);
    return shortest(asked.map(({ ttlMs }) => ttlMs));
  }

  /** The registrar's host names and ports; changed only by a definite DNS response. `undefined` if unknown so far. */
  async #resolveServices(): Promise<readonly HostPort[] | undefined> {
    const { host, port, srv, transport } = this.#name;
    if (!srv) return this.#hostPorts;
    const answer = await this.#resolver.services(`${services[transport]}.${host}`);
    if (answer.ok) {
      this.#hostPorts = inOrder(answer.value);
      if (this.#hostPorts.length === 0)
        this.#reportFault(host, {
          kind: "not-offered",
          why: `the registrar's name does not offer SIP over ${transport} (SRV record with the target ".")`,
        });
    } else if (answer.failure.kind === "none") {
      this.#hostPorts = [{ name: host, port }];
    } else {
      this.#reportFault(host, {
        kind: "unresolved",
        why: `the registrar's SRV record ${nameFaultText(answer.failure)}`,
      });
    }
    return this.#hostPorts;
  }

  async #resolveAddresses({
    name,
    port,
  }: HostPort): Promise<{ readonly targets: readonly Target[]; readonly ttlMs: number | undefined }> {
    const host = this.#hosts.get(name) ?? new HostAddresses(name, this.#resolver);
    this.#hosts.set(name, host);
    const { fault, ttlMs } = await host.resolve();
    if (fault !== undefined)
      this.#reportFault(name, { kind: "unresolved", why: `the registrar's name ${nameFaultText(fault)}` });
    return { targets: fault?.kind === "none" ? [] : host.known.map((address) => ({ address, port })), ttlMs };
  }

  #reportFault(host: string, fault: RegistrarFault): void {
    this.#fault = fault;
    // The host name of an SRV record is untrusted text.
    this.#onFault(host === this.#name.host ? host : plainText(host), fault.why);
  }

  #setTargets(targets: readonly Target[]): void {
    const addresses = targets.map(({ address }) => address);
    this.#targets = targets;
    this.#lastKnown = new AddressList(addresses);
    this.#seen.add(addresses);
    if (targets.length > 0) this.#onChange();
  }
}

/** RFC 2782: lowest priority first, then highest weight, because a trunk has only one registration. */
function inOrder(records: readonly ServiceRecord[]): readonly HostPort[] {
  return records
    .filter(({ name }) => name !== ".")
    .sort((a, b) => a.priority - b.priority || b.weight - a.weight)
    .slice(0, maxServiceRecords);
}
