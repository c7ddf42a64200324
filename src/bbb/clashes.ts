import type { BbbServer } from "./bbb-server.js";
import type { Meeting } from "./meeting.js";

/** A server with a meeting that uses the PIN. */
export interface Holder {
  readonly server: BbbServer;
  readonly meeting: Meeting;
}

/**
 * The eligible holders, in order of preference; callers get the first. BBB keeps voice bridges unique on one server
 * only, and a front end that moves a room may leave an old meeting behind. The rules:
 *
 * 1. A reachable server takes precedence over the last known state of an unreachable one.
 * 2. An occupied meeting takes precedence over an empty one.
 * 3. Otherwise the first server in the configuration wins.
 *
 * @param holders in the order of the configuration
 */
export function inOrderOfChoice(holders: readonly Holder[]): readonly Holder[] {
  if (holders.length < 2) return holders;
  const answering = holders.filter(({ server }) => server.answers);
  const counting = answering.length > 0 ? answering : holders;
  return [
    ...counting.filter(({ meeting }) => meeting.isOccupied),
    ...counting.filter(({ meeting }) => !meeting.isOccupied),
  ];
}

/** Reports each PIN used by several servers once, and again after a change. */
export class Clashes {
  readonly #tell: (servers: readonly string[]) => void;
  readonly #clashing = new Map<string, readonly BbbServer[]>();

  /** @param tell called with the names of the servers, the preferred one first */
  constructor(tell: (servers: readonly string[]) => void) {
    this.#tell = tell;
  }

  /** @param holders in order of preference */
  note(pin: string, holders: readonly Holder[]): void {
    const before = this.#clashing.get(pin) ?? [];
    const now = holders.length > 1 ? holders.map(({ server }) => server) : [];
    if (before.length === now.length && before.every((server, at) => server === now[at])) return;
    for (const server of before) server.clashes -= 1;
    for (const server of now) server.clashes += 1;
    if (now.length === 0) {
      this.#clashing.delete(pin);
      return;
    }
    this.#clashing.set(pin, now);
    this.#tell(now.map(({ name }) => name));
  }
}
