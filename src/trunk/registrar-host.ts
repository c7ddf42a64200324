import { isIP } from "node:net";
import type { Clock } from "../clock.js";
import { plainText } from "../plain-text.js";
import { plainAddress } from "./plain-address.js";

/** Asks DNS; each rejects as `dns.promises` does. */
export interface Resolver {
  /** The addresses of a host name, as `dns.promises.lookup` gives them with `all`. */
  addresses(host: string): Promise<readonly string[]>;
  /** The SRV records of a name such as `_sips._tcp.example.org`, in any order. */
  services(name: string): Promise<readonly ServiceRecord[]>;
}

export interface ServiceRecord {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** An address at which the registrar is reached. */
export interface Target {
  readonly address: string;
  readonly port: number;
}

export interface RegistrarName {
  readonly host: string;
  /** Where there is no SRV record. */
  readonly port: number;
  readonly transport: "udp" | "tcp" | "tls";
  readonly srv: boolean;
}

/** The name is asked for again this often, in milliseconds. */
const resolveEvery = 60_000;

/** RFC 3263 section 4.1: `_sips._tcp` is SIP over TLS. */
const services = { udp: "_sip._udp", tcp: "_sip._tcp", tls: "_sips._tcp" } as const;

/**
 * A registrar's name, resolved and followed (RFC 3263 section 4.2: addresses, or SRV records where they are to be
 * used). einwahl resolves it and not drachtio, so that a registration stays with one server of several, which alone
 * knows its challenge, and that calls from all of them are recognised. While the name can't be resolved its last
 * known addresses count.
 */
export class RegistrarHost {
  readonly #name: RegistrarName;
  readonly #resolver: Resolver;
  readonly #clock: Clock;
  readonly #onFault: (host: string, why: string) => void;
  readonly #onChange: () => void;
  #targets: readonly Target[] = [];
  #asking: Promise<void> | undefined;
  #callOff: () => void = () => undefined;
  #isClosed = false;

  constructor(name: RegistrarName, resolver: Resolver, clock: Clock, events: { readonly onFault: (host: string, why: string) => void; readonly onChange: () => void }) {
    this.#name = name;
    this.#resolver = resolver;
    this.#clock = clock;
    this.#onFault = events.onFault;
    this.#onChange = events.onChange;
  }

  /** Where it is reached, in the order in which to try; asks DNS when nothing is known. Empty when DNS knows nothing. */
  async targets(): Promise<readonly Target[]> {
    if (this.#targets.length === 0) await this.#ask();
    return this.#targets;
  }

  /** Whether it is reached at this address, as far as is known. */
  has({ address, port }: Target): boolean {
    return this.#targets.some((each) => each.address === address && each.port === port);
  }

  /** Whether a request from this address is the registrar's. */
  allows(address: string): boolean {
    const plain = plainAddress(address);
    return this.#targets.some((each) => each.address === plain);
  }

  /** Resolves the name, then follows it until `close`. */
  async open(): Promise<void> {
    await this.#ask();
    if (isIP(this.#name.host) !== 0 || this.#isClosed) return;
    this.#callOff = this.#clock.after(resolveEvery, () => {
      this.open().catch((error: unknown) => {
        this.#onFault(this.#name.host, plainText(String(error)));
      });
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#callOff();
  }

  async #ask(): Promise<void> {
    this.#asking ??= this.#resolve().finally(() => {
      this.#asking = undefined;
    });
    await this.#asking;
  }

  async #resolve(): Promise<void> {
    const { host, port, srv } = this.#name;
    try {
      const records = srv ? await this.#records() : [];
      // One after the other, so that the order is that of the records.
      const places = records.length === 0 ? [{ name: host, port }] : records;
      const found = await Promise.all(places.map(async (place) => (await this.#addressesOf(place.name)).map((address) => ({ address, port: place.port }))));
      this.#learn(found.flat());
    } catch (error) {
      this.#onFault(host, plainText(error instanceof Error ? error.message : String(error)));
    }
  }

  /** RFC 2782: the lowest priority first; within one the heaviest, as a trunk has but one registration to place. */
  async #records(): Promise<readonly ServiceRecord[]> {
    const { host, transport } = this.#name;
    try {
      const records = await this.#resolver.services(`${services[transport]}.${host}`);
      return [...records].sort((a, b) => a.priority - b.priority || b.weight - a.weight);
    } catch {
      // No SRV record: RFC 3263 section 4.2 goes on with the name itself.
      return [];
    }
  }

  async #addressesOf(name: string): Promise<readonly string[]> {
    return isIP(name) === 0 ? await this.#resolver.addresses(name) : [name];
  }

  #learn(targets: readonly Target[]): void {
    if (targets.length === 0) {
      this.#onFault(this.#name.host, "has no address");
      return;
    }
    this.#targets = targets;
    this.#onChange();
  }
}
