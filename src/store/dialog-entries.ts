import { type RedisConnection, RedisScript } from "./redis-connection.js";

/** The oldest are dropped first: more than the calls of a cluster, and a file of them stays small. */
export const maxDialogs = 10_000;
/** Maximum length of an entry in characters: an instance and an encrypted id. */
export const maxEntryLength = 6_000;

/** Where a dialog book keeps its entries, opaque texts. */
export interface DialogEntries {
  /** `instances`: an entry may belong to a dialog at the drachtio of another instance. */
  readonly sharing: "one-instance" | "instances";
  /** Idempotent. */
  add(entry: string): Promise<void>;
  remove(entry: string): Promise<void>;
  /** The latest first; empty if the store does not respond. */
  all(): Promise<readonly string[]>;
}

/** Lifetime in milliseconds: entries of instances that never come back. */
const lifetimeMs = 86_400_000;

/** Key: the set. Arguments: the time, the entry, the lifetime, the limit. */
const addScript = new RedisScript(`
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1] - ARGV[3])
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -ARGV[4] - 1)
return redis.call('PEXPIRE', KEYS[1], ARGV[3])
`);

/** The entries of all instances, in one sorted set. */
export class RedisDialogEntries implements DialogEntries {
  readonly sharing = "instances";
  readonly #redis: RedisConnection;
  readonly #key: string;
  readonly #now: () => number;

  /** @param now milliseconds since 1970 */
  constructor(redis: RedisConnection, prefix: string, now: () => number) {
    this.#redis = redis;
    this.#key = `{${prefix}}:dialogs`;
    this.#now = now;
  }

  async add(entry: string): Promise<void> {
    await this.#redis.run(addScript, [this.#key], [String(this.#now()), entry, String(lifetimeMs), String(maxDialogs)]);
  }

  async remove(entry: string): Promise<void> {
    await this.#redis.command("ZREM", this.#key, entry);
  }

  async all(): Promise<readonly string[]> {
    const answer = await this.#redis.command("ZRANGE", this.#key, "0", "-1", "REV");
    if (!answer.ok || !Array.isArray(answer.value)) return [];
    return answer.value.filter((entry): entry is string => typeof entry === "string" && entry.length <= maxEntryLength);
  }
}
