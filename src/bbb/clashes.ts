import type { BbbServer } from "./bbb-server.js";
import type { Meeting } from "./meeting.js";

/** A server that has a meeting with the PIN in question. */
export interface Holder {
  readonly server: BbbServer;
  readonly meeting: Meeting;
}

/**
 * Those of the holders that count, the one that callers get first. BBB makes numbers unique on one server only, and a
 * front end that moves a room may leave an old meeting behind. The rule:
 *
 * 1. What a server that answers says counts more than what is remembered of one that does not.
 * 2. A meeting that somebody is in counts more than one that nobody is in.
 * 3. Otherwise the server that is named first in the configuration.
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

/** The PINs that several servers have, each told once, and again when something about it changes. */
export class Clashes {
  readonly #tell: (servers: readonly string[]) => void;
  readonly #clashing = new Map<string, readonly BbbServer[]>();

  /** @param tell with the servers' names, the one that callers get first */
  constructor(tell: (servers: readonly string[]) => void) {
    this.#tell = tell;
  }

  /** @param holders in the order of choice */
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
