import t from "tap";

import { RedisConnection } from "../../src/store/redis-connection.js";
import { RedisRemovals, Removals } from "../../src/store/removals.js";
import { systemClock } from "../../src/util/clock.js";
import { noRedis, RedisServer } from "./support/redis-server.js";

await t.test("the latest meetings are remembered, up to a limit", async (t) => {
  const removals = new Removals(() => undefined);
  for (let meeting = 0; meeting < 10_001; meeting++) await removals.add(`meeting-${meeting}`);
  t.equal(await removals.has("meeting-0"), false);
  t.equal(await removals.has("meeting-1"), true);
  t.equal(await removals.has("meeting-10000"), true);
});

await t.test("instances on one Redis share removals", { skip: noRedis }, async (t) => {
  const server = await RedisServer.start();
  t.teardown(() => server.stop());
  const redis = await RedisConnection.open({ url: server.url, clock: systemClock, onState: () => undefined });
  const shared = new RedisRemovals(redis, "test");
  const [one, another] = [new Removals(() => shared), new Removals(() => shared)];
  await one.add("meeting-1");
  t.equal(await another.has("meeting-1"), true);
  t.equal(await another.has("meeting-2"), false);
  const keys = await redis.command("KEYS", "*");
  const [key] = keys.ok ? (keys.value as readonly string[]) : [];
  t.match(key, /^\{test\}:withheld-removal:[0-9a-f]{64}$/);
  const ttl = await redis.command("TTL", key ?? "");
  t.ok(ttl.ok && Number(ttl.value) > 600_000 && Number(ttl.value) <= 604_800, "seven days");
  await server.down("SIGKILL");
  t.equal(await one.has("meeting-1"), true, "without Redis an instance has its own");
  t.equal(await another.has("meeting-1"), false);
  await redis.close();
});
