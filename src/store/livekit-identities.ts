import { createHash, randomUUID } from "node:crypto";

import type { IdentityClaims } from "../call/interfaces.js";
import { type RedisConnection, RedisScript } from "./redis-connection.js";

/** More calls of one number in one meeting than any trunk carries. */
const maxClaims = 200;
/** Expiry of the claims of a dead instance in seconds: one day, the maximum duration of a call in livekit-sip. */
const redisTtlSeconds = 86_400;

/** The LiveKit identities in use, of this instance or, with Redis, of all instances. */
export class LivekitIdentities implements IdentityClaims {
  readonly #claims = new Map<string, Set<number>>();
  readonly #shared: () => IdentityClaims | undefined;

  /** @param shared the claims of all instances; `undefined`: single instance */
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

  /** The number of identities claimed by this instance. */
  get size(): number {
    return this.#claims.size;
  }
}

/** Keys: the candidate claims, in order. Arguments: the value of the claim, its lifetime in seconds. */
const claimScript = new RedisScript(`
for place, key in ipairs(KEYS) do
  if redis.call('SET', key, ARGV[1], 'NX', 'EX', ARGV[2]) then return place - 1 end
end
return -1
`);

/** Keeps the claim that another instance made after this one's expired. */
const releaseScript = new RedisScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`);

/** The claims of all instances. Without a response from Redis there is no claim; the call then gets a unique identity. */
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
