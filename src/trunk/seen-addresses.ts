import { AddressList } from "../util/address-list.js";
import type { Clock } from "../util/clock.js";

/**
 * How long an address belongs to a name after DNS has given it for the last time, in milliseconds. Names that rotate give
 * one address of many in each answer; an hour sees them all, and is less than an address takes to get another owner.
 */
export const seenForMs = 3_600_000;
/** The most addresses of one name that are remembered; the one that would be forgotten first makes room. */
const maxSeen = 64;

/** The addresses that a name has had lately. */
export class SeenAddresses {
  readonly #clock: Clock;
  readonly #seen = new Map<string, { readonly list: AddressList; readonly until: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(addresses: readonly string[], forMs = seenForMs): void {
    const now = this.#clock.now();
    for (const address of addresses.slice(0, maxSeen)) {
      const known = this.#seen.get(address);
      this.#seen.set(address, {
        list: known?.list ?? new AddressList([address]),
        until: Math.max(known?.until ?? 0, now + forMs),
      });
    }
    this.#forget(now);
  }

  /** @param address as `plainAddress` writes it */
  has(address: string): boolean {
    const now = this.#clock.now();
    return [...this.#seen.values()].some(({ list, until }) => now < until && list.has(address));
  }

  #forget(now: number): void {
    for (const [address, { until }] of this.#seen) if (until <= now) this.#seen.delete(address);
    const soonestFirst = [...this.#seen].sort(([, a], [, b]) => a.until - b.until);
    for (const [address] of soonestFirst.slice(0, Math.max(0, soonestFirst.length - maxSeen)))
      this.#seen.delete(address);
  }
}
