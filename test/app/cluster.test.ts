import { setTimeout } from "node:timers/promises";

import t, { type Test } from "tap";

import { Cluster, syntheticLease } from "../../src/app/cluster.js";
import { ClusterOwnership } from "../../src/app/cluster-ownership.js";
import { registrationKey, registrationRight } from "../../src/app/registration-rights.js";
import { Secret } from "../../src/caller/secret.js";
import type { InstanceReport } from "../../src/store/instances.js";
import { openStores, type SharedState } from "../../src/store/open-stores.js";
import { type Clock, systemClock } from "../../src/util/clock.js";
import { noRedis, RedisServer } from "../store/support/redis-server.js";
import { FakeClock } from "../support/fake-clock.js";
import { trunkConfig } from "../support/trunk-config.js";

const { registration } = trunkConfig;
const key = registrationKey(registration);

function throwBug(error: unknown): void {
  throw error;
}

interface Member {
  readonly cluster: Cluster;
  readonly ownership: ClusterOwnership;
  readonly report: { -readonly [Name in keyof Omit<InstanceReport, "id" | "name">]: InstanceReport[Name] };
}

function member(name: string, contact: string, clock: Clock = systemClock): Member {
  const report: Member["report"] = {
    version: "0.1.0",
    startedAt: 0,
    state: "ready",
    isDraining: false,
    canServe: true,
    calls: 0,
    registrations: [{ key, trunk: "line", contacts: [contact], isRegistered: false }],
  };
  const cluster = new Cluster({ self: { id: `id-${name}`, name }, report: () => report, clock, onBug: throwBug });
  cluster.lease(key);
  return { cluster, ownership: new ClusterOwnership(cluster, throwBug), report };
}

async function stores(t: Test, url: string, prefix: string): Promise<SharedState | undefined> {
  const opened = await openStores(
    { kind: "redis", url: Secret.of(url), prefix },
    { pinLength: 9, restMs: 0, now: Date.now, randomBelow: () => 0, isInUse: () => false },
    systemClock,
    { onTrouble: () => undefined, onRedis: () => undefined },
  );
  if (!opened.ok) throw new Error(opened.failure);
  t.teardown(() => opened.value.close());
  return opened.value.shared;
}

async function refresh(...members: readonly Member[]): Promise<void> {
  for (const { cluster } of members) await cluster.refresh();
}

const kindOf = ({ cluster }: Member, name = key): string => cluster.lease(name).state.kind;

await t.test("without Redis an instance has everything to itself", async (t) => {
  const one = member("one", "192.0.2.1:5061");
  t.equal(kindOf(one), "undecided");
  t.equal(await one.ownership.mayAdopt("id-dead", "channel"), false, "not before the stores are open");
  await one.cluster.open(undefined);
  t.equal(kindOf(one), "held");
  t.equal(kindOf(one, "later"), "held");
  t.equal(one.cluster.instances, undefined);
  t.equal(await one.ownership.mayAdopt("id-dead", "channel"), true, "another owner can only be dead");
  t.equal(await one.ownership.mayAdopt("id-one", "channel"), false);
  one.ownership.release("channel");
  await one.cluster.leave();
  t.equal(kindOf(one), "held");
  t.equal(await registrationRight(registration, one.cluster, systemClock).succession([]), "none");
  await one.cluster.close();
});

await t.test("instances that share a Redis", { skip: noRedis }, async (t) => {
  const server = await RedisServer.start();
  t.teardown(() => server.stop());
  const pair = async (t: Test, contacts = ["192.0.2.1:5061", "192.0.2.2:5061"]): Promise<[Member, Member]> => {
    const [one, two] = [member("one", contacts[0] ?? ""), member("two", contacts[1] ?? "")];
    for (const { cluster, ownership } of [one, two]) {
      await cluster.open(await stores(t, server.url, t.name.replace(/[^a-z]/g, "")));
      t.teardown(async () => {
        ownership.close();
        await cluster.close();
      });
    }
    return [one, two];
  };

  await t.test("the one that cannot serve calls leaves the trunk to one that can", async (t) => {
    const [one, two] = await pair(t);
    t.strictSame([kindOf(one), kindOf(two)], ["held", "elsewhere"]);
    one.report.canServe = false;
    await refresh(two, one, two, one);
    t.strictSame([kindOf(one), kindOf(two)], ["elsewhere", "held"]);
    two.report.canServe = false;
    await refresh(one, two, one, two);
    t.equal(kindOf(two), "held", "without an abler one it stays");
    one.report.canServe = true;
    await refresh(one, two, one);
    t.equal(kindOf(one), "held");
  });

  await t.test("one that drains keeps the trunk without another one, and takes none", async (t) => {
    const [one, two] = await pair(t);
    for (const { report } of [one, two]) Object.assign(report, { isDraining: true, canServe: false });
    await refresh(two, one);
    t.equal(kindOf(one), "held");
    await one.cluster.leave();
    await refresh(two);
    t.equal(kindOf(two), "free");
    two.report.isDraining = false;
    await refresh(two);
    t.equal(kindOf(two), "held");
  });

  await t.test("a trunk of one instance only is not shared", async (t) => {
    const [one, two] = await pair(t);
    two.report.registrations = [];
    one.report.canServe = false;
    await refresh(two, one);
    t.equal(kindOf(one), "held");
    await one.cluster.leave();
    await refresh(two);
    t.equal(kindOf(two), "free");
  });

  await t.test("one of them places synthetic calls", async (t) => {
    const [one, two] = await pair(t);
    one.cluster.lease(syntheticLease);
    await refresh(one);
    two.cluster.lease(syntheticLease);
    await refresh(two);
    t.strictSame([kindOf(one, syntheticLease), kindOf(two, syntheticLease)], ["held", "elsewhere"]);
  });

  await t.test("who receives the calls after the right is lost", async (t) => {
    const [one, two] = await pair(t);
    const right = registrationRight(registration, one.cluster, systemClock);
    t.strictSame(right.state, { kind: "held" });
    await one.cluster.leave();
    await refresh(two, one);
    t.strictSame(right.state, { kind: "elsewhere", instance: "two" });
    t.equal(await right.succession(["192.0.2.2:5061"]), "same-contact");
    const other = right.succession(["192.0.2.1:5061"]);
    await setTimeout(300);
    const [line] = two.report.registrations;
    two.report.registrations = line === undefined ? [] : [{ ...line, isRegistered: true }];
    await refresh(two);
    t.equal(await other, "other-contact");
    await two.cluster.close();
    t.equal(await right.succession(["192.0.2.1:5061"]), "none");
  });

  await t.test("the calls of one that stops are taken over, by one", async (t) => {
    const [one, two] = await pair(t);
    const three = member("three", "192.0.2.3:5061");
    await three.cluster.open(await stores(t, server.url, t.name.replace(/[^a-z]/g, "")));
    let lost = 0;
    const unsubscribe = two.ownership.onInstanceLost(() => (lost += 1));
    const began = performance.now();
    while (lost === 0 && performance.now() - began < 10_000) await setTimeout(100);
    t.equal(lost, 1, "the absence of an instance counts from now on");
    await refresh(three);
    t.equal(await two.ownership.mayAdopt(one.cluster.self.id, "channel"), false, "the owner lives");
    await one.cluster.close();
    await refresh(two, three);
    t.equal(lost, 2);
    t.equal(await two.ownership.mayAdopt(one.cluster.self.id, "channel"), true);
    t.equal(await three.ownership.mayAdopt(one.cluster.self.id, "channel"), false, "another one was first");
    await refresh(two);
    two.ownership.release("channel");
    const freed = performance.now();
    while (!(await three.ownership.mayAdopt(one.cluster.self.id, "channel")))
      if (performance.now() - freed > 5_000) break;
    t.equal(await three.ownership.mayAdopt(one.cluster.self.id, "channel"), true);
    unsubscribe();
    three.ownership.close();
    await three.cluster.close();
  });

  await t.test("Redis absent since the start: after ten seconds an instance works alone", async (t) => {
    const clock = new FakeClock();
    const one = member("one", "192.0.2.1:5061", clock);
    const gone = await stores(t, "redis://127.0.0.1:1", "gone");
    await one.cluster.open(gone);
    t.equal(kindOf(one), "undecided");
    t.equal(await one.ownership.mayAdopt("id-dead", "channel"), false, "calls are not taken over");
    await clock.advance(5_000);
    await one.cluster.refresh();
    t.equal(kindOf(one), "undecided");
    await clock.advance(6_000);
    await one.cluster.refresh();
    t.equal(kindOf(one), "held");
    const closing = one.cluster.close();
    await clock.advance(2_000);
    await closing;
    one.ownership.close();
  });
});
