import { AddressList, plainAddress } from "../util/address-list.js";
import type { Clock } from "../util/clock.js";
import { HostAddresses, shortest } from "./host-addresses.js";
import { refreshDelayMs } from "./registrar-host.js";
import { nameFaultText, type Resolver } from "./resolver.js";
import { SeenAddresses } from "./seen-addresses.js";

/**
 * The allowed source addresses of a trunk: addresses, networks (CIDR) and host names, which are resolved periodically. Recent
 * addresses of a name stay allowed, and so do its last known ones while the lookup fails.
 */
export class Sources {
  readonly #fixed = new AddressList();
  readonly #names: readonly SourceName[];
  readonly #clock: Clock;
  readonly #onFault: (host: string, why: string) => void;
  #cancelTimer: () => void = () => undefined;
  #closed = false;

  constructor(
    sources: readonly string[],
    resolver: Resolver,
    clock: Clock,
    onFault: (host: string, why: string) => void,
  ) {
    this.#clock = clock;
    this.#onFault = onFault;
    this.#names = sources
      .filter((source) => !this.#fixed.add(source))
      .map((name) => ({ name, host: new HostAddresses(name, resolver), seen: new SeenAddresses(clock) }));
  }

  /** Resolves the names now and then periodically until `close`. */
  async open(): Promise<void> {
    const ttls = await Promise.all(this.#names.map((name) => this.#follow(name)));
    if (this.#names.length === 0 || this.#closed) return;
    this.#cancelTimer = this.#clock.after(refreshDelayMs(shortest(ttls)), () => {
      this.open().catch((error: unknown) => {
        this.#onFault("all", String(error));
      });
    });
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer();
  }

  allows(address: string): boolean {
    const plain = plainAddress(address);
    return this.#fixed.has(plain) || this.#names.some(({ seen }) => seen.has(plain));
  }

  /** Returns the TTL in milliseconds. */
  async #follow({ name, host, seen }: SourceName): Promise<number | undefined> {
    const { fault, ttlMs } = await host.resolve();
    if (fault !== undefined) this.#onFault(name, nameFaultText(fault));
    seen.add(host.known);
    return ttlMs;
  }
}

interface SourceName {
  readonly name: string;
  readonly host: HostAddresses;
  readonly seen: SeenAddresses;
}
