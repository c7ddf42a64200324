import { setTimeout } from "node:timers/promises";

import t from "tap";

import { RedisCallClaims } from "../../src/store/call-claims.js";
import { type InstanceReport, RedisInstances } from "../../src/store/instances.js";
import { leaseMs, RedisLease } from "../../src/store/lease.js";
import { RedisConnection } from "../../src/store/redis-connection.js";
import { systemClock } from "../../src/util/clock.js";
import { noRedis, RedisServer } from "./support/redis-server.js";

const left = { id: "id-left", name: "left" };
const right = { id: "id-right", name: "right" };

function report(self: typeof left, changes: Partial<InstanceReport> = {}): InstanceReport {
  return {
    ...self,
    version: "0.1.0",
    startedAt: 0,
    state: "ready",
    isDraining: false,
    canServe: true,
    calls: 1,
    registrations: [{ key: "account", trunk: "line", contacts: ["192.0.2.1:5061"], isRegistered: true }],
    ...changes,
  };
}

await t.test("what instances agree on", { skip: noRedis }, async (t) => {
  const server = await RedisServer.start();
  t.teardown(() => server.stop());
  const connect = async (): Promise<RedisConnection> => {
    const redis = await RedisConnection.open({ url: server.url, clock: systemClock, onState: () => undefined });
    t.teardown(() => redis.close());
    return redis;
  };
  const redis = await connect();

  await t.test("one instance at a time has a lease; each holder has a higher token", async (t) => {
    const [a, b] = [left, right].map((self) => new RedisLease(redis, "lease", "task", self));
    t.match(await b?.step("keep"), { value: { state: { kind: "free" } } }, "it is not taken without the wish to");
    t.match(await a?.step("take"), { value: { state: { kind: "held", token: 1 } } });
    t.match(await b?.step("take"), { value: { state: { kind: "elsewhere", holder: left } } });
    t.match(await a?.step("keep"), { value: { state: { kind: "held", token: 1 } } }, "a renewal keeps the token");
    t.match(await b?.step("yield"), { value: { state: { kind: "elsewhere", holder: left } } });
    t.match(await a?.step("yield"), { value: { state: { kind: "free" } } });
    t.match(await b?.step("take"), { value: { state: { kind: "held", token: 2 } } });
    t.match(await a?.step("keep"), { value: { state: { kind: "elsewhere", holder: right } } });
  });

  await t.test("the lease of a holder that does not renew it expires", async (t) => {
    const [a, b] = [left, right].map((self) => new RedisLease(redis, "expiry", "task", self));
    await a?.step("take");
    const seen = await b?.step("take");
    const restMs = seen?.ok === true ? (seen.value.restMs ?? 0) : 0;
    t.ok(restMs > 0 && restMs <= leaseMs, "the rest of its lifetime is known");
    await setTimeout(restMs + 50);
    t.match(await b?.step("take"), { value: { state: { kind: "held", token: 2 } } });
  });

  await t.test("the next process of the same name inherits a lease, once at its start", async (t) => {
    const before = new RedisLease(redis, "name", "task", left);
    await before.step("take");
    const after = new RedisLease(redis, "name", "task", { ...left, id: "id-later" });
    t.match(await after.step("take"), { value: { state: { kind: "held", token: 2 } } });
    t.match(await before.step("take"), { value: { state: { kind: "elsewhere", holder: { id: "id-later" } } } });
  });

  await t.test("instances are known as long as they report", async (t) => {
    const [a, b] = [new RedisInstances(redis, "known"), new RedisInstances(redis, "known")];
    t.match(await a.beat(report(left)), { value: { isSettled: false, instances: [left] } }, "the first one");
    await b.beat(report(right));
    const both = await a.beat(report(left, { calls: 5 }));
    t.same(both.ok && new Set(both.value.instances), new Set([report(left, { calls: 5 }), report(right)]));
    t.match(await a.isAlive(right.id), { value: true });
    await b.remove(right.id);
    t.match(await a.isAlive(right.id), { value: false });
    t.match(await a.beat(report(left)), { value: { instances: { length: 1 } } });
    const next = new RedisInstances(redis, "known");
    t.match(
      await next.beat(report({ ...left, id: "id-later" })),
      { value: { instances: [{ id: "id-later" }] } },
      "the next process of the same name replaces it",
    );
  });

  await t.test("after an outage the absence of an instance means nothing for a while", async (t) => {
    const instances = new RedisInstances(redis, "outage");
    const settled = async (): Promise<boolean> => {
      const answer = await instances.beat(report(left));
      return answer.ok && answer.value.isSettled;
    };
    t.equal(await settled(), false, "nothing is known at first");
    const began = performance.now();
    while (!(await settled())) await setTimeout(500);
    t.ok(performance.now() - began >= 4_900, "until all living ones had time to report");
    await setTimeout(4_100);
    t.equal(await settled(), false, "no instance reported for four seconds");
  });

  await t.test("one instance claims a call", async (t) => {
    const [a, b] = [left, right].map(({ id }) => new RedisCallClaims(redis, "claims", id));
    t.match(await a?.claim(["channel"]), { value: true });
    t.match(await b?.claim(["channel"]), { value: false });
    t.match(await a?.claim(["channel", "other"]), { value: true }, "a renewal");
    await b?.release("channel");
    t.match(await b?.claim(["channel"]), { value: false }, "only the holder releases it");
    await a?.release("channel");
    t.match(await b?.claim(["channel"]), { value: true });
    t.match(await b?.claim([]), { value: true });
  });

  await t.test("without Redis nothing is decided", async (t) => {
    const gone = await connect();
    await gone.close();
    const unavailable = { ok: false, failure: "unavailable" };
    t.same(await new RedisLease(gone, "gone", "task", left).step("take"), unavailable);
    t.same(await new RedisInstances(gone, "gone").beat(report(left)), unavailable);
    t.same(await new RedisInstances(gone, "gone").isAlive(left.id), unavailable);
    t.same(await new RedisCallClaims(gone, "gone", left.id).claim(["channel"]), unavailable);
  });
});
