import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";

import type { StorePlace } from "../../store/open-stores.js";
import { RedisConnection } from "../../store/redis-connection.js";
import type { Clock } from "../../util/clock.js";
import { failure, type Result, success } from "../../util/result.js";
import { type Look, maxPlaceBytes, type Permission, type Place, type Plant } from "../place.js";
import type { Piece } from "../search.js";

type RedisPlace = Extract<StorePlace, { readonly kind: "redis" }>;

const maxKeys = 200_000;
const keysAtOnce = "1000";
/** The expiry of a planted key, in seconds. */
const plantedFor = "600";

/** The read command of each type, and its arguments after the key. */
const readers: Readonly<Record<string, readonly [command: string, ...rest: string[]]>> = {
  string: ["GET"],
  hash: ["HGETALL"],
  list: ["LRANGE", "0", "-1"],
  set: ["SMEMBERS"],
  zset: ["ZRANGE", "0", "-1", "WITHSCORES"],
  stream: ["XRANGE", "-", "+"],
};

/** All keys of the database, not only einwahl's, with their values. */
export function redisPlace(place: RedisPlace, permits: Permission, clock: Clock): Place {
  return {
    id: "store",
    name: "Redis (rooms.store), every key of its database",
    when: "calls",
    permits,
    plants: [plantKey(place, clock)],
    begin: () => Promise.resolve(),
    look: async () => await withRedis(place, clock, readAll),
  };
}

function plantKey(place: RedisPlace, clock: Clock): Plant {
  return {
    how: "as a key in Redis",
    put: async (mark) => {
      const key = `{${place.prefix}}:prove:${randomBytes(6).toString("hex")}`;
      const set = await withRedis(
        place,
        clock,
        async (redis) => await redis.command("SET", key, mark.reveal(), "EX", plantedFor),
      );
      if (!set.ok) return failure("Redis does not respond");
      return success({
        isGone: "at-once",
        remove: async () => {
          await withRedis(place, clock, async (redis) => await redis.command("DEL", key));
        },
      });
    },
  };
}

async function withRedis<Answer>(
  { url }: RedisPlace,
  clock: Clock,
  ask: (redis: RedisConnection) => Promise<Answer>,
): Promise<Answer> {
  const redis = await RedisConnection.open({ url: url.reveal(), clock, onState: () => undefined });
  try {
    return await ask(redis);
  } finally {
    await redis.close();
  }
}

async function readAll(redis: RedisConnection): Promise<Look> {
  const keys = await keysOf(redis);
  if (!keys.ok) return { pieces: [], unseen: [keys.failure] };
  const lines: string[] = [];
  const unseen: string[] = [];
  let bytes = 0;
  for (const key of keys.value) {
    const read = await valueOf(redis, key);
    if (!read.ok) {
      unseen.push(`a key of Redis: ${read.failure}`);
      continue;
    }
    bytes += read.value.length;
    if (bytes > maxPlaceBytes) return { pieces: [], unseen: ["Redis holds too much"] };
    lines.push(`${key} ${read.value}`);
  }
  const pieces: readonly Piece[] = [
    { source: `Redis, ${keys.value.length} keys`, bytes: Buffer.from(lines.join("\n")) },
  ];
  return { pieces, unseen };
}

async function keysOf(redis: RedisConnection): Promise<Result<readonly string[], string>> {
  const keys = new Set<string>();
  let cursor = "0";
  do {
    const answer = await redis.command("SCAN", cursor, "COUNT", keysAtOnce);
    if (!answer.ok || !Array.isArray(answer.value)) return failure("Redis does not respond");
    const [next, found] = answer.value as readonly unknown[];
    cursor = String(next);
    if (Array.isArray(found)) for (const key of found) keys.add(String(key));
    if (keys.size > maxKeys) return failure(`Redis has more than ${maxKeys} keys`);
  } while (cursor !== "0");
  return success([...keys]);
}

async function valueOf(redis: RedisConnection, key: string): Promise<Result<string, string>> {
  const type = await redis.command("TYPE", key);
  if (!type.ok) return failure("it can't be read");
  // The key expired between the two commands.
  if (type.value === "none") return success("");
  const [command, ...rest] = readers[String(type.value)] ?? [];
  if (command === undefined) return failure(`its type is ${String(type.value)}`);
  const value = await redis.command(command, key, ...rest);
  return value.ok ? success(JSON.stringify(value.value)) : failure("it can't be read");
}
