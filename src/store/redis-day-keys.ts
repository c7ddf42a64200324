import { type Day, dayMs } from "../caller/day-keys.js";
import { failure, type Result, success } from "../util/result.js";
import { dayName } from "./embedded-day-keys.js";
import { type RedisConnection, RedisScript } from "./redis-connection.js";
import type { DayKeyVault } from "./stored-day-keys.js";

/** Atomic for all instances: the first offer for a day wins. Keys: one per day. Arguments: for each an offer and its expiry. */
const agreeScript = new RedisScript(`
local agreed = {}
for place, key in ipairs(KEYS) do
  if redis.call('SETNX', key, ARGV[2 * place - 1]) == 1 then
    redis.call('PEXPIREAT', key, ARGV[2 * place])
  end
  agreed[place] = redis.call('GET', key)
end
return agreed
`);

export interface RedisDayKeysOptions {
  readonly prefix: string;
  /** The purpose of the keys, part of their names in Redis. */
  readonly name: string;
  /** Redis deletes a key this many days after its day. */
  readonly daysBefore: number;
}

/** The keys shared by instances; they expire in Redis even if no instance is running. */
export class RedisDayKeys implements DayKeyVault {
  readonly #redis: RedisConnection;
  readonly #options: RedisDayKeysOptions;

  constructor(redis: RedisConnection, options: RedisDayKeysOptions) {
    this.#redis = redis;
    this.#options = options;
  }

  async agree(offered: ReadonlyMap<Day, Buffer>): Promise<Result<ReadonlyMap<Day, Buffer>, "unavailable">> {
    const { prefix, name, daysBefore } = this.#options;
    const days = [...offered.keys()];
    const names = days.map((day) => `{${prefix}}:${name}:${dayName(day)}`);
    const offers = [...offered].flatMap(([day, key]) => [
      key.toString("base64"),
      String((day + daysBefore + 1) * dayMs),
    ]);
    const answer = await this.#redis.run(agreeScript, names, offers);
    if (!answer.ok) return answer;
    const texts = Array.isArray(answer.value) ? (answer.value as readonly unknown[]) : [];
    const agreed = new Map<Day, Buffer>();
    for (const [place, day] of days.entries()) {
      const text = texts[place];
      if (typeof text !== "string") return failure("unavailable");
      agreed.set(day, Buffer.from(text, "base64"));
    }
    return success(agreed);
  }
}
