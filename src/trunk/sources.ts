import { BlockList, isIP } from "node:net";
import type { Clock } from "../clock.js";
import { plainAddress } from "./plain-address.js";

/** Gives the addresses of a host name, as `dns.promises.lookup` does with `all`. */
export type ResolveHost = (host: string) => Promise<readonly string[]>;

/** Names are asked for again this often, in milliseconds: a provider moves, and its calls have to come in. */
const resolveEvery = 60_000;

/**
 * The addresses from which a trunk's calls may come: addresses, networks (CIDR) and host names, which are
 * resolved and followed. While a name can't be resolved its last known addresses count.
 */
export class Sources {
  readonly #fixed = new BlockList();
  readonly #names: readonly string[];
  readonly #resolve: ResolveHost;
  readonly #clock: Clock;
  readonly #onFault: (host: string, why: string) => void;
  readonly #resolved = new Map<string, BlockList>();
  #callOff: () => void = () => undefined;
  #closed = false;

  constructor(sources: readonly string[], resolve: ResolveHost, clock: Clock, onFault: (host: string, why: string) => void) {
    this.#resolve = resolve;
    this.#clock = clock;
    this.#onFault = onFault;
    const names: string[] = [];
    for (const source of sources) {
      const [address = "", prefix] = source.split("/", 2);
      const family = familyOf(address);
      if (family === undefined) names.push(source);
      else if (prefix === undefined) this.#fixed.addAddress(address, family);
      else this.#fixed.addSubnet(address, Number(prefix), family);
    }
    this.#names = names;
  }

  /** Resolves the names once, then keeps following them until `close`. */
  async open(): Promise<void> {
    await Promise.all(this.#names.map((name) => this.#follow(name)));
    if (this.#names.length === 0 || this.#closed) return;
    this.#callOff = this.#clock.after(resolveEvery, () => {
      this.open().catch((error: unknown) => {
        this.#onFault("all", String(error));
      });
    });
  }

  close(): void {
    this.#closed = true;
    this.#callOff();
  }

  allows(address: string): boolean {
    const plain = plainAddress(address);
    const family = familyOf(plain);
    if (family === undefined) return false;
    return this.#fixed.check(plain, family) || [...this.#resolved.values()].some((addresses) => addresses.check(plain, family));
  }

  async #follow(name: string): Promise<void> {
    try {
      const addresses = new BlockList();
      for (const address of await this.#resolve(name)) {
        const family = familyOf(address);
        if (family !== undefined) addresses.addAddress(address, family);
      }
      this.#resolved.set(name, addresses);
    } catch (error) {
      this.#onFault(name, error instanceof Error ? error.message : String(error));
    }
  }
}

function familyOf(address: string): "ipv4" | "ipv6" | undefined {
  switch (isIP(address)) {
    case 4:
      return "ipv4";
    case 6:
      return "ipv6";
    default:
      return undefined;
  }
}
