import { failure, type Result, success } from "../util/result.js";
import type { GuessCounts } from "./guess-counts.js";
import { type RedisConnection, RedisScript } from "./redis-connection.js";
import type { StoreFailure } from "./room-store.js";

/** Keys: the buckets. Argument: the window in milliseconds, starting with the first wrong PIN. */
const addScript = new RedisScript(`
local counts = {}
for place, key in ipairs(KEYS) do
  counts[place] = redis.call('INCR', key)
  if counts[place] == 1 then redis.call('PEXPIRE', key, ARGV[1]) end
end
return counts
`);

/** Does not restart a bucket that has expired. */
const takeBackScript = new RedisScript(`
for _, key in ipairs(KEYS) do
  if tonumber(redis.call('GET', key) or '0') > 0 then redis.call('DECR', key) end
end
return 1
`);

/** The counts over all instances. */
export class RedisGuessCounts implements GuessCounts {
  readonly #redis: RedisConnection;
  readonly #prefix: string;

  /** @param prefix of all keys; instances with the same prefix share their counts */
  constructor(redis: RedisConnection, prefix: string) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  async add(buckets: readonly string[], windowMs: number): Promise<Result<readonly number[], StoreFailure>> {
    return counts(await this.#redis.run(addScript, this.#keys(buckets), [String(windowMs)]), buckets);
  }

  async takeBack(buckets: readonly string[]): Promise<Result<void, StoreFailure>> {
    const taken = await this.#redis.run(takeBackScript, this.#keys(buckets), []);
    return taken.ok ? success(undefined) : taken;
  }

  async read(buckets: readonly string[]): Promise<Result<readonly number[], StoreFailure>> {
    return counts(await this.#redis.command("MGET", ...this.#keys(buckets)), buckets);
  }

  #keys(buckets: readonly string[]): readonly string[] {
    return buckets.map((bucket) => `{${this.#prefix}}:guesses:${bucket}`);
  }
}

function counts(
  answer: Result<unknown, StoreFailure>,
  buckets: readonly string[],
): Result<readonly number[], StoreFailure> {
  if (!answer.ok) return answer;
  const values = Array.isArray(answer.value) ? (answer.value as readonly unknown[]).map(Number) : [];
  return values.length === buckets.length && values.every(Number.isSafeInteger)
    ? success(values)
    : failure("unavailable");
}
