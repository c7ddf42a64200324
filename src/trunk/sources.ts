import { isIP } from "node:net";
import { AddressList } from "../address-list.js";
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
  readonly #fixed = new AddressList();
  readonly #names: readonly string[];
  readonly #resolve: ResolveHost;
  readonly #clock: Clock;
  readonly #onFault: (host: string, why: string) => void;
  readonly #resolved = new Map<string, AddressList>();
  #callOff: () => void = () => undefined;
  #closed = false;

  constructor(sources: readonly string[], resolve: ResolveHost, clock: Clock, onFault: (host: string, why: string) => void) {
    this.#resolve = resolve;
    this.#clock = clock;
    this.#onFault = onFault;
    this.#names = sources.filter((source) => !this.#fixed.add(source));
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
    return this.#fixed.has(plain) || [...this.#resolved.values()].some((addresses) => addresses.has(plain));
  }

  async #follow(name: string): Promise<void> {
    try {
      this.#resolved.set(name, new AddressList((await this.#resolve(name)).filter((address) => isIP(address) !== 0)));
    } catch (error) {
      this.#onFault(name, error instanceof Error ? error.message : String(error));
    }
  }
}
