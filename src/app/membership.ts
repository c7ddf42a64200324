import { randomUUID } from "node:crypto";

import type { Components } from "../monitoring/status/components.js";
import type { Trunk } from "../trunk/trunk.js";
import type { Clock } from "../util/clock.js";
import { Cluster } from "./cluster.js";
import { ClusterOwnership } from "./cluster-ownership.js";
import { instanceReport } from "./instance-report.js";
import type { Ownership } from "./ownership.js";

export interface MembershipOptions {
  /** The configured name of this instance. */
  readonly name: string;
  readonly components: () => Components;
  readonly trunks: () => readonly Trunk[];
  readonly calls: () => number;
  readonly clock: Clock;
  readonly onBug: (error: unknown) => void;
}

/** This instance among those that share its Redis, under a random id of the process. */
export class Membership {
  readonly cluster: Cluster;
  readonly #ownership: ClusterOwnership;

  constructor({ name, components, trunks, calls, clock, onBug }: MembershipOptions) {
    const startedAt = Date.now();
    this.cluster = new Cluster({
      self: { id: randomUUID(), name },
      report: () => instanceReport({ components: components(), trunks: trunks(), calls: calls(), startedAt }),
      clock,
      onBug,
    });
    this.#ownership = new ClusterOwnership(this.cluster, onBug);
  }

  /** Whose calls this instance may take over. */
  get ownership(): Ownership {
    return this.#ownership;
  }

  /** The instance has no calls any more, or leaves them to others, who may take them over at once. */
  async close(): Promise<void> {
    this.#ownership.close();
    await this.cluster.close();
  }
}
