import type { ConferenceNode, NodeLeg } from "./interfaces.js";

interface Leg {
  readonly onAlarm: () => void;
}

/**
 * The legs to each BBB server. The first one is looked at closely on behalf of all: looking at every leg each second would
 * cost FreeSWITCH as much as their audio.
 */
export class NodeLegs {
  readonly #legs = new Map<string, Set<Leg>>();

  /** @param onAlarm another leg to the server has become silent */
  join(node: ConferenceNode, onAlarm: () => void): NodeLeg {
    const key = keyOf(node);
    const legs = this.#legs.get(key) ?? new Set();
    this.#legs.set(key, legs);
    const leg: Leg = { onAlarm };
    legs.add(leg);
    return {
      get isSentry() {
        return legs.values().next().value === leg;
      },
      alarm: () => {
        for (const other of [...legs]) if (other !== leg) other.onAlarm();
      },
      stepBack: () => {
        if (legs.delete(leg)) legs.add(leg);
      },
      leave: () => {
        legs.delete(leg);
        if (legs.size === 0 && this.#legs.get(key) === legs) this.#legs.delete(key);
      },
    };
  }
}

/** One server may have several ports: BBB's FreeSWITCH and LiveKit end separately. */
function keyOf({ host, port, transport }: ConferenceNode): string {
  return `${transport}:${host}:${port}`;
}
