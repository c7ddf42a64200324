import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import t, { type Test } from "tap";

import { makeCertificates } from "../../src/simulators/certificates.js";
import { noRedis, RedisServer } from "../store/support/redis-server.js";
import type { Engines } from "./support/engines.js";
import { HostProcess } from "./support/host-process.js";
import { Kamailio } from "./support/kamailio.js";
import { missingPrograms } from "./support/missing-programs.js";
import { freePort } from "./support/ports.js";
import { scratchFolder } from "./support/scratch.js";
import { talk, Tones } from "./support/talk.js";
import { conferences, type Settings, World, type WorldOptions } from "./support/world.js";

const caller = "+4915223125678";
/** The time after which another instance must be registered, in milliseconds. */
const takeOverMs = 10_000;
const outageMs = 20_000;
const lookEveryMs = 50;

async function settingsOf(
  t: Test,
  instance: string,
  redis: RedisServer,
): Promise<NonNullable<WorldOptions["settings"]>> {
  const http = { port: await freePort(), operators_port: await freePort() };
  const control = { socket: join(await scratchFolder(t, instance), "control.sock") };
  return (settings: Settings) => ({ ...settings, instance, http, control, rooms: { store: redis.url } });
}

await t.test("two hosts as one", { skip: noRedis || missingPrograms("kamailio"), timeout: 280_000 }, async (t) => {
  const certificates = await makeCertificates();
  const redis = await RedisServer.start();
  t.teardown(() => redis.stop());
  const carrier = await Kamailio.start(t, { certificates });
  const world = async (instance: string): Promise<World> =>
    await World.start(t, {
      certificates,
      carrier,
      settings: await settingsOf(t, instance, redis),
      released: "at-the-end",
    });
  const one = await world("one");
  await one.stopEinwahl();
  const first = await HostProcess.start(t, one);
  await carrier.event(/^registered /, { past: true });
  const two = await world("two");
  const reports = async (): Promise<unknown> => (await first.status())["instances"];

  const contactOf = ({ engines }: World): string => `127.0.0.1:${engines.sip.tls}`;
  const bound = async (): Promise<string[]> =>
    (await carrier.registrations()).map(({ address }) => /@([^;]+)/.exec(address)?.[1] ?? "");
  const trunk = (): unknown => two.einwahl.status().trunks[0];
  /** Waits for a state that has no event in this process. @returns the time until then in milliseconds */
  const until = async (what: string, ms: number, isReached: () => Promise<boolean> | boolean): Promise<number> => {
    const began = performance.now();
    while (!(await isReached())) {
      if (performance.now() - began > ms) throw new Error(`${what}: not within ${ms} ms\n${two.tail()}`);
      await setTimeout(lookEveryMs);
    }
    return Math.round(performance.now() - began);
  };
  const phone = await two.phone();
  const speak = async (t: Test, when: string): Promise<void> => {
    const talking = await talk(two, phone, { number: caller });
    await new Tones(two, talking).bothWays(t, when);
    await talking.call.hangUp();
  };

  await t.test("the first one registers; the second one shows it, and is ready", async (t) => {
    t.strictSame(await bound(), [contactOf(one)]);
    t.match(trunk(), { state: "elsewhere", registeredBy: "one", fault: null });
    t.equal(two.einwahl.health().state, "ready");
    t.match(two.einwahl.status().instances, [
      { name: "one", isThis: false, trunks: ["line"] },
      { name: "two", isThis: true, trunks: [] },
    ]);
    await until(
      "the first one knows it",
      5_000,
      async () => JSON.stringify(await reports()).match(/"ready"/g)?.length === 2,
    );
    t.match(await first.status(), { state: "ready", instances: [{ name: "one", isThis: true }, { name: "two" }] });
    t.match(await first.command("status"), /one +ready.*this one, registers line\n +two +ready/);
  });

  await t.test("the first one is killed: the second one registers, and calls arrive there", async (t) => {
    const killed = performance.now();
    await first.kill();
    await carrier.event(new RegExp(`^registered .*`), { ms: takeOverMs });
    t.comment(`registered ${Math.round(performance.now() - killed)} ms after the other one was killed`);
    await until("the second one is registered", 1_000, () => two.einwahl.status().trunks[0]?.state === "registered");
    t.ok((await bound()).includes(contactOf(two)));
    // The connection of a host that is gone ends; here its drachtio still runs.
    await carrier.bindOther(`sip:${carrier.username}@${contactOf(one)};transport=tls`, 0);
    t.strictSame(await bound(), [contactOf(two)]);
  });

  await t.test("the first one returns and takes nothing away", async (t) => {
    await first.startAgain();
    await until("both are known", 5_000, async () => {
      const { instances } = two.einwahl.status();
      return instances?.length === 2 && (await Promise.resolve(true));
    });
    t.match(await first.status(), { state: "ready", trunks: [{ state: "elsewhere", registeredBy: "two" }] });
    t.match(trunk(), { state: "registered" });
    await speak(t, "with both");
  });

  await t.test("the second one drains: the first one registers at once, and then the binding goes", async (t) => {
    const registered = carrier.event(/^registered /);
    const unregistered = carrier.event(/^unregistered /);
    const began = performance.now();
    two.einwahl.drain();
    await registered;
    t.comment(`registered ${Math.round(performance.now() - began)} ms after the other one drained`);
    await unregistered;
    t.strictSame(await bound(), [contactOf(one)]);
    two.einwahl.resume();
    await until(
      "the first one knows it",
      5_000,
      async () => !/"isDraining":true/.test(JSON.stringify(await reports())),
    );
    t.match(trunk(), { state: "elsewhere", registeredBy: "one" });
  });

  await t.test("the first one stops: the second one registers at once", async (t) => {
    const registered = carrier.event(/^registered /);
    const began = performance.now();
    const stopped = first.stop();
    await registered;
    t.comment(`registered ${Math.round(performance.now() - began)} ms after SIGTERM to the other one`);
    await stopped;
    t.strictSame(await bound(), [contactOf(two)]);
    await speak(t, "after that");
  });

  await t.test("Redis is gone for a while: the registration and calls stay", async (t) => {
    await first.startAgain();
    const talking = await talk(two, phone, { number: caller });
    const before = carrier.events.length;
    await redis.down("SIGKILL");
    await setTimeout(outageMs / 2);
    await new Tones(two, talking).bothWays(t, "without Redis");
    await talking.call.hangUp();
    await speak(t, "in a new call without Redis");
    await setTimeout(outageMs / 2);
    await redis.up();
    await until("both are known", 10_000, () => two.einwahl.status().instances?.length === 2);
    t.match(trunk(), { state: "registered" });
    t.match(await first.status(), { trunks: [{ state: "elsewhere", registeredBy: "two" }] });
    t.notOk(
      carrier.events.slice(before).some((event) => /^(?:un)?registered /.test(event)),
      "no registration came or went",
    );
    await speak(t, "with Redis again");
  });

  t.strictSame(two.complaints([caller.slice(3), conferences[0].pin, carrier.password]), []);
});

await t.test("two instances on one drachtio", { skip: noRedis || missingPrograms("kamailio") }, async (t) => {
  const certificates = await makeCertificates();
  const redis = await RedisServer.start();
  t.teardown(() => redis.stop());
  const carrier = await Kamailio.start(t, { certificates });
  const shared = { certificates, carrier, released: "at-the-end" } as const;
  const one = await World.start(t, { ...shared, settings: await settingsOf(t, "one", redis) });
  await one.stopEinwahl();
  const first = await HostProcess.start(t, one);
  const { kind, control, eventSocket, sip } = one.engines;
  const engines: Engines = {
    kind,
    control,
    eventSocket,
    sip,
    counts: () => one.engines.counts(),
    killDrachtio: () => one.engines.killDrachtio(),
    restartDrachtio: () => one.engines.restartDrachtio(),
    close: () => Promise.resolve(),
  };
  const two = await World.start(t, {
    ...shared,
    settings: await settingsOf(t, "two", redis),
    engines: () => Promise.resolve(engines),
  });
  t.match(two.einwahl.status().trunks, [{ state: "elsewhere", registeredBy: "one" }]);
  const began = carrier.events.length;

  // With the same Contact the registrar refreshes the binding.
  const afterDeath = carrier.event(/^refreshed /, { ms: takeOverMs });
  await first.kill();
  await afterDeath;
  await first.startAgain();
  t.match(await first.status(), { trunks: [{ state: "elsewhere", registeredBy: "two" }] });
  const afterDrain = carrier.event(/^refreshed /);
  two.einwahl.drain();
  await afterDrain;
  await two.stopEinwahl();
  t.match(await first.status(), { trunks: [{ state: "registered" }] });
  t.equal((await carrier.registrations()).length, 1, "the Contact that both use is bound");
  t.notOk(
    carrier.events.slice(began).some((event) => event.startsWith("unregistered ")),
    "and was so all the time",
  );
});
