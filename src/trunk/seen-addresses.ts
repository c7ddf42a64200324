import { AddressList } from "../util/address-list.js";
import type { Clock } from "../util/clock.js";

/**
 * How long an address counts as a name's after its last DNS response, in milliseconds. Rotating names return one address of
 * many per response: one hour covers all of them, and is shorter than the reassignment of an address to another owner.
 */
export const seenForMs = 3_600_000;
/** Maximum number of stored addresses per name; the first to expire is evicted. */
const maxSeen = 64;

/** The recent addresses of a name. */
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

  /** @param address normalised by `plainAddress` */
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
