import type { RedisCallClaims } from "../store/call-claims.js";
import type { Cluster } from "./cluster.js";
import type { Ownership } from "./ownership.js";

/**
 * The calls of the instances of a cluster. Without Redis there is one instance, and another owner can only be dead: the
 * store's directory and the control socket have one user.
 */
export class ClusterOwnership implements Ownership {
  readonly self: string;
  readonly #cluster: Cluster;
  readonly #onBug: (error: unknown) => void;
  /** Channels of the calls that this instance has taken over. */
  readonly #claimed = new Set<string>();
  readonly #listeners = new Set<() => void>();
  readonly #unsubscribe: () => void;
  #claims: RedisCallClaims | undefined;
  #isSettled = false;

  constructor(cluster: Cluster, onBug: (error: unknown) => void) {
    this.self = cluster.self.id;
    this.#cluster = cluster;
    this.#onBug = onBug;
    this.#unsubscribe = cluster.onTurn(({ lost, isSettled }) => {
      this.#renew();
      const hasSettled = isSettled && !this.#isSettled;
      this.#isSettled = isSettled;
      if (hasSettled || (isSettled && lost.length > 0)) for (const listener of [...this.#listeners]) listener();
    });
  }

  async mayAdopt(owner: string, channelId: string): Promise<boolean> {
    if (owner === this.self || !this.#cluster.isOpen) return false;
    const { shared } = this.#cluster;
    if (shared === undefined) return true;
    if (!this.#isSettled) return false;
    const isAlive = await shared.instances.isAlive(owner);
    if (!isAlive.ok || isAlive.value) return false;
    this.#claims ??= shared.claims(this.self);
    const claimed = await this.#claims.claim([channelId]);
    if (!claimed.ok || !claimed.value) return false;
    this.#claimed.add(channelId);
    return true;
  }

  release(channelId: string): void {
    if (this.#claimed.delete(channelId)) this.#claims?.release(channelId).catch(this.#onBug);
  }

  onInstanceLost(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  close(): void {
    this.#unsubscribe();
    this.#listeners.clear();
  }

  #renew(): void {
    this.#claims?.claim([...this.#claimed]).catch(this.#onBug);
  }
}
