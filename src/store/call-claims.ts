import { type Result, success } from "../util/result.js";
import { type RedisConnection, RedisScript } from "./redis-connection.js";

/** Lifetime in milliseconds; renewed every second. After it, another instance may take over a call of a dead one. */
const claimMs = 8_000;

/** Keys: the claims. Arguments: the claiming instance, the lifetime. Answers those that it has now. */
const claimScript = new RedisScript(`
local held = {}
for place, key in ipairs(KEYS) do
  local owner = redis.call('GET', key)
  if not owner or owner == ARGV[1] then
    redis.call('SET', key, ARGV[1], 'PX', ARGV[2])
    held[#held + 1] = place - 1
  end
end
return held
`);

const releaseScript = new RedisScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`);

/** Which instance takes over a call of a dead one: the first that claims it. */
export class RedisCallClaims {
  readonly #redis: RedisConnection;
  readonly #beginning: string;
  readonly #self: string;

  /** @param prefix of all keys; @param self the id of this instance */
  constructor(redis: RedisConnection, prefix: string, self: string) {
    this.#redis = redis;
    this.#beginning = `{${prefix}}:call-claim:`;
    this.#self = self;
  }

  /** Claims the calls, or renews the claims. @returns whether this instance has all of them now */
  async claim(channelIds: readonly string[]): Promise<Result<boolean, "unavailable">> {
    if (channelIds.length === 0) return success(true);
    const keys = channelIds.map((channelId) => this.#beginning + channelId);
    const answer = await this.#redis.run(claimScript, keys, [this.#self, String(claimMs)]);
    return answer.ok ? success(Array.isArray(answer.value) && answer.value.length === keys.length) : answer;
  }

  async release(channelId: string): Promise<void> {
    await this.#redis.run(releaseScript, [this.#beginning + channelId], [this.#self]);
  }
}
