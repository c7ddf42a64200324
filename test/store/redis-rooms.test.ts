import t from "tap";

import { RedisConnection } from "../../src/store/redis-connection.js";
import { RedisRooms } from "../../src/store/redis-rooms.js";
import { systemClock } from "../../src/util/clock.js";
import { noRedis, RedisServer } from "./support/redis-server.js";
import { Hand, testRoomStore } from "./support/room-store-suite.js";

if (noRedis !== false) {
  t.pass(noRedis, { skip: noRedis });
} else {
  const server = await RedisServer.start();
  t.teardown(() => server.stop());

  await t.test("behaves like every store", async (t) => {
    await testRoomStore(t, {
      open: async (place, hand) =>
        new RedisRooms(
          await RedisConnection.open({ url: server.url, clock: systemClock, onState: () => undefined }),
          place,
          hand,
        ),
    });
  });

  await t.test("a Redis outage is reported, and the connection is re-established", async (t) => {
    const states: (string | undefined)[] = [];
    let onBack: (() => void) | undefined;
    const redis = await RedisConnection.open({
      url: server.url,
      clock: systemClock,
      onState: (fault) => {
        states.push(fault);
        if (fault === undefined) onBack?.();
      },
    });
    const rooms = new RedisRooms(redis, "away", new Hand());
    const before = await rooms.reserve("room", "as-it-is");
    await server.down("SIGKILL");
    for (const work of [
      rooms.reserve("room", "as-it-is"),
      rooms.find("room"),
      rooms.release("room"),
      rooms.list(undefined, 5),
      rooms.listResting(undefined, 5),
    ]) {
      t.same(await work, { ok: false, failure: "unavailable" });
    }
    t.type(redis.fault, "string");
    t.notOk(states.some((state) => state?.includes("redis://") === true));
    const back = new Promise<void>((resolve) => {
      onBack = resolve;
    });
    await server.up();
    await back;
    const after = await rooms.reserve("room", "as-it-is");
    t.equal(
      after.ok && before.ok && after.value.reservation.pin.equals(before.value.reservation.pin),
      true,
      "acknowledged is written, with appendfsync always",
    );
    await rooms.close();
  });

  await t.test("Redis may be down at startup and come later", async (t) => {
    await server.down();
    let resolve: (value: undefined) => void = () => undefined;
    const promise = new Promise<undefined>((done) => {
      resolve = done;
    });
    const redis = await RedisConnection.open({
      url: server.url,
      clock: systemClock,
      onState: (fault) => {
        if (fault === undefined) resolve(undefined);
      },
    });
    const rooms = new RedisRooms(redis, "later", new Hand());
    t.same(await rooms.find("room"), { ok: false, failure: "unavailable" });
    await server.up();
    await promise;
    t.same(await rooms.find("room"), { ok: true, value: undefined });
    await rooms.close();
  });
}
