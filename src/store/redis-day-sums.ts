import { type Result, success } from "../util/result.js";
import { daysKept, type DaySum, type DaySums } from "./day-sums.js";
import { type RedisConnection, RedisScript } from "./redis-connection.js";
import type { StoreFailure } from "./room-store.js";

/** Keys: calls (hash day -> sum), seconds (hash day -> sum), days (zset, by text). Arguments: day, calls, seconds, days kept. */
const addScript = new RedisScript(`
redis.call('HINCRBY', KEYS[1], ARGV[1], ARGV[2])
redis.call('HINCRBYFLOAT', KEYS[2], ARGV[1], ARGV[3])
redis.call('ZADD', KEYS[3], 0, ARGV[1])
local surplus = redis.call('ZCARD', KEYS[3]) - tonumber(ARGV[4])
if surplus > 0 then
  for _, day in ipairs(redis.call('ZRANGE', KEYS[3], 0, surplus - 1)) do
    redis.call('HDEL', KEYS[1], day)
    redis.call('HDEL', KEYS[2], day)
    redis.call('ZREM', KEYS[3], day)
  end
end
return 1
`);

const latestScript = new RedisScript(`
local sums = {}
for _, day in ipairs(redis.call('ZRANGE', KEYS[3], -tonumber(ARGV[1]), -1)) do
  sums[#sums + 1] = day
  sums[#sums + 1] = redis.call('HGET', KEYS[1], day) or '0'
  sums[#sums + 1] = redis.call('HGET', KEYS[2], day) or '0'
end
return sums
`);

/** The sums over all instances. */
export class RedisDaySums implements DaySums {
  readonly #redis: RedisConnection;
  readonly #keys: readonly string[];

  constructor(redis: RedisConnection, prefix: string) {
    this.#redis = redis;
    this.#keys = ["calls", "seconds", "days"].map((name) => `{${prefix}}:statistics:${name}`);
  }

  async add({ day, calls, seconds }: DaySum): Promise<Result<void, StoreFailure>> {
    const added = await this.#redis.run(addScript, this.#keys, [day, String(calls), String(seconds), String(daysKept)]);
    return added.ok ? success(undefined) : added;
  }

  async latest(most: number): Promise<Result<readonly DaySum[], StoreFailure>> {
    const answer = await this.#redis.run(latestScript, this.#keys, [String(most)]);
    if (!answer.ok) return answer;
    const flat = Array.isArray(answer.value) ? (answer.value as readonly unknown[]).map(String) : [];
    const sums: DaySum[] = [];
    for (let place = 0; place + 2 < flat.length; place += 3) {
      sums.push({ day: flat[place] ?? "", calls: Number(flat[place + 1]), seconds: Number(flat[place + 2]) });
    }
    return success(sums);
  }
}
