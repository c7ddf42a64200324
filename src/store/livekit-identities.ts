import { createHash, randomUUID } from "node:crypto";

import type { IdentityClaims } from "../call/interfaces.js";
import { type RedisConnection, RedisScript } from "./redis-connection.js";

/** More calls of one number in one meeting than any trunk brings. */
const maxClaims = 200;
/** A claim of an instance that has died ends after this time, in seconds: a day, as long as livekit-sip lets a call last. */
const redisTtlSeconds = 86_400;

/** Which LiveKit identities calls have now, in this instance alone or, with Redis, in all of them. */
export class LivekitIdentities implements IdentityClaims {
  readonly #claims = new Map<string, Set<number>>();
  readonly #shared: () => IdentityClaims | undefined;

  /** @param shared what instances have in common; `undefined`: nothing */
  constructor(shared: () => IdentityClaims | undefined) {
    this.#shared = shared;
  }

  async claim(identity: string): Promise<number | undefined> {
    const shared = this.#shared();
    if (shared !== undefined) return await shared.claim(identity);
    const taken = this.#claims.get(identity) ?? new Set();
    for (let number = 0; number < maxClaims; number++) {
      if (taken.has(number)) continue;
      this.#claims.set(identity, taken.add(number));
      return number;
    }
    return undefined;
  }

  async release(identity: string, claimed: number): Promise<void> {
    const taken = this.#claims.get(identity);
    taken?.delete(claimed);
    if (taken?.size === 0) this.#claims.delete(identity);
    await this.#shared()?.release(identity, claimed);
  }

  /** How many identities are claimed in this instance. */
  get size(): number {
    return this.#claims.size;
  }
}

/** Keys: the claims, in order. Arguments: what is claimed with, the lifetime in seconds. */
const claimScript = new RedisScript(`
for place, key in ipairs(KEYS) do
  if redis.call('SET', key, ARGV[1], 'NX', 'EX', ARGV[2]) then return place - 1 end
end
return -1
`);

/** Another instance's claim of the same number, after this one's has expired, stays. */
const releaseScript = new RedisScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`);

/** The claims of all instances. A Redis that does not answer gives none: the call then gets an identity of its own. */
export class RedisLivekitIdentities implements IdentityClaims {
  readonly #redis: RedisConnection;
  readonly #prefix: string;
  readonly #instance = randomUUID();

  constructor(redis: RedisConnection, prefix: string) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  async claim(identity: string): Promise<number | undefined> {
    const keys = Array.from({ length: maxClaims }, (_, number) => this.#keyOf(identity, number));
    const answer = await this.#redis.run(claimScript, keys, [this.#instance, String(redisTtlSeconds)]);
    return answer.ok && typeof answer.value === "number" && answer.value >= 0 ? answer.value : undefined;
  }

  async release(identity: string, claimed: number): Promise<void> {
    await this.#redis.run(releaseScript, [this.#keyOf(identity, claimed)], [this.#instance]);
  }

  #keyOf(identity: string, number: number): string {
    return `{${this.#prefix}}:livekit-identity:${createHash("sha256").update(identity).digest("hex")}:${number}`;
  }
}
