import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import t, { type Test } from "tap";

import { makeCertificates } from "../../src/simulators/certificates.js";
import { noRedis, RedisServer } from "../store/support/redis-server.js";
import { timeoutMs } from "../support/deadline.js";
import { ApartHost, noApartHosts } from "./support/apart-host.js";
import { startEngines } from "./support/engines.js";
import { HostProcess } from "./support/host-process.js";
import { Kamailio } from "./support/kamailio.js";
import { missingPrograms } from "./support/missing-programs.js";
import { Caller } from "./support/parts/caller.js";
import { Stalls } from "./support/parts/stalls.js";
import { scratchFolder } from "./support/scratch.js";
import { Tones } from "./support/talk.js";
import { conferences, type Settings, World } from "./support/world.js";

const [here, elsewhere] = conferences;
/** The numbers' last four digits are the names in the conference. */
const numberOf = (name: string): string => `+491522312${name}`;
const maxGapMs = process.env["EINWAHL_TEST_ENGINES"] === "real" ? 100 : 250;
/** The time after which another instance must be registered, in milliseconds. */
const takeOverMs = 10_000;
/** An instance ends the dialogs that nothing continues 15 s after its start: the calls of others must stay. Milliseconds. */
const returnedMs = 17_000;
const lookEveryMs = 50;
const webTone = 440;

/** The settings of a world for einwahl on another host, whose engines, BBB servers and Redis are on this machine. */
async function settingsOn(t: Test, world: World, host: ApartHost, instance: string, redis: RedisServer) {
  const settings = JSON.parse(await readFile(world.settingsFile, "utf8")) as Settings;
  const { control, eventSocket } = world.engines;
  const { gateway: machine, address } = host;
  const servers = settings["bbb_servers"] as readonly Settings[];
  for (const port of [control.port, eventSocket.port, redis.port, ...world.bbbs.map(({ apiUrl }) => portOf(apiUrl))])
    await host.forward(port);
  const own: Settings = {
    ...settings,
    instance,
    drachtio: { ...control, host: machine },
    media_servers: [{ name: "media-1", event_socket: { ...eventSocket, host: machine }, listen_address: address }],
    bbb_servers: servers.map((server) => ({
      ...server,
      api_url: String(server["api_url"]).replace("127.0.0.1", machine),
      allow_http: true,
    })),
    rooms: { store: redis.url.replace("127.0.0.1", machine) },
    control: { socket: "control.sock" },
  };
  const settingsFile = join(await scratchFolder(t, instance), "einwahl.yaml");
  await writeFile(settingsFile, JSON.stringify(own, null, 2));
  return { settingsFile };
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

const takenOver = ({ log }: HostProcess): number => log.filter((line) => line.includes('"call taken over"')).length;

async function until(
  what: string,
  ms: number,
  isReached: () => Promise<boolean> | boolean,
  evidence: () => string,
): Promise<void> {
  const deadline = performance.now() + ms;
  while (!(await isReached())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${ms} ms\n${evidence()}`);
    await setTimeout(lookEveryMs);
  }
}

const skip = noRedis || missingPrograms("kamailio") || noApartHosts();

await t.test(
  "a host dies, and its engines live: the other host has its calls",
  { skip, timeout: 280_000 },
  async (t) => {
    const hosts = [await ApartHost.open(t, 0), await ApartHost.open(t, 1)] as const;
    const [{ gateway: registrarAddress }] = hosts;
    const certificates = await makeCertificates({ moreAddresses: [registrarAddress] });
    const redis = await RedisServer.start();
    t.teardown(() => redis.stop());
    const carrier = await Kamailio.start(t, { certificates, registrarAddress });
    const controlHosts = hosts.map(({ address }) => address);
    const world = await World.start(t, {
      certificates,
      carrier,
      einwahl: "elsewhere",
      // einwahl itself connects to the registrar before it registers.
      trunk: { registrar: { host: registrarAddress, port: carrier.registrarPort, transport: "tls" } },
      released: "unchecked",
      engines: async (given, sounds) => await startEngines(given, sounds, { controlHosts }),
    });
    const [bbb, other] = world.bbbs;
    const settings = [
      await settingsOn(t, world, hosts[0], "one", redis),
      await settingsOn(t, world, hosts[1], "two", redis),
    ] as const;
    const one = await HostProcess.start(t, settings[0], hosts[0].within);
    await carrier.event(/^registered /, { past: true });
    const idle = await world.counts();
    bbb.playTone(here.pin, webTone);
    other.playTone(elsewhere.pin, webTone);

    let two: HostProcess | undefined;
    const evidence = (): string => (two ?? one).log.slice(-20).join("\n");
    const stalls = Stalls.watch(t);
    const phone = await world.phone({ maxRecordingMs: 1_000 });
    const dial = async (name: string): Promise<Caller> => {
      const { bbbs, prompts } = world;
      return await Caller.dial({ phone, line: world.line(), number: numberOf(name), bbbs, stalls, prompts, evidence });
    };
    const talk = async (name: string, pin: string, server = bbb): Promise<Caller> => {
      const caller = await dial(name);
      await caller.greeted();
      await caller.join(pin, server);
      return caller;
    };

    const [keys, hangsUp, stays] = await Promise.all([
      talk("5001", here.pin),
      talk("5002", elsewhere.pin, other),
      talk("5003", elsewhere.pin, other),
    ]);
    const asked = await dial("5004");
    await asked.greeted();
    for (const [index, { call }] of [keys, hangsUp, stays].entries()) call.playTone(700 + 200 * index, 0.1);
    const second = (two = await HostProcess.start(t, settings[1], hosts[1].within));
    t.match(await one.status(), { calls: { now: 4 }, trunks: [{ state: "registered" }] });
    t.match(await second.status(), { calls: { now: 0 }, trunks: [{ state: "elsewhere", registeredBy: "one" }] });

    const calmMs = performance.now() - 500;
    const killedAt = performance.now();
    const since = (): number => Math.round(performance.now() - killedAt);
    const told = asked.hearsPrompt("de/please-wait");
    const registered = carrier.event(/^(?:refreshed|registered) /, { ms: takeOverMs }).then(since);
    await one.kill();
    await hosts[0].unplug();

    await t.test("the other one registers and has the calls", async (t) => {
      t.comment(`registered after ${await registered} ms`);
      await until("the calls are taken over", timeoutMs, () => takenOver(second) === 4, evidence);
      t.comment(`calls taken over after ${since()} ms`);
      t.match(await second.status(), { calls: { now: 4 }, trunks: [{ state: "registered" }] });
    });

    await t.test("talking: nothing is heard of it, at either end", (t) => {
      for (const { name, hears, says } of [keys, hangsUp, stays]) {
        for (const recorder of [hears, says]) {
          const [gap, silence] = [recorder?.longest("gap", calmMs), recorder?.longest("silence", calmMs)];
          t.ok(gap !== undefined && gap < maxGapMs, `${name}: ${String(gap)} ms without packets`);
          t.ok(silence !== undefined && silence < 2 * maxGapMs, `${name}: ${String(silence)} ms without sound`);
        }
      }
      t.end();
    });

    const fresh = await talk("5005", here.pin);
    const before = carrier.events.length;
    await hosts[0].plugIn();
    await one.startAgain();
    const returnedAt = performance.now();

    await t.test("asked for a PIN: waits with music, and joins", async (t) => {
      t.ok(await told, "is asked to wait");
      t.ok(asked.hears.longest("silence", killedAt) < 3_000, `silence: ${asked.hears.longest("silence", killedAt)} ms`);
      t.match(await asked.join(here.pin, bbb), { name: asked.name });
      await asked.hangUp();
    });

    await t.test("keys", async (t) => {
      const [member] = keys.members(bbb);
      if (member === undefined) throw new Error(keys.evidence());
      await keys.call.sendDigits("1");
      t.equal(await bbb.waitForDigits(member.memberId, "1", timeoutMs), "1", "BBB's keys reach BBB");
      await keys.call.sendDigits("*#");
      t.ok(await bbb.waitForLeave(member.memberId, timeoutMs), "the leave key leaves");
      t.match(await keys.join(elsewhere.pin, other), { name: keys.name }, "and leads to another conference");
      await keys.hangUp();
    });

    await t.test("the caller hangs up", async (t) => {
      const [member] = hangsUp.members(other);
      await hangsUp.hangUp();
      t.ok(await other.waitForLeave(member?.memberId ?? "", 10_000), "the conference has lost the caller");
    });

    await t.test("the dead one has returned and takes nothing away", async (t) => {
      await setTimeout(Math.max(0, returnedAt + returnedMs - performance.now()));
      t.match(await one.status(), { calls: { now: 0 }, trunks: [{ state: "elsewhere", registeredBy: "two" }] });
      t.match(await second.status(), { calls: { now: 2 }, trunks: [{ state: "registered" }] });
      t.equal(takenOver(one), 0, "takes no call over");
      t.equal((await carrier.registrations()).length, 1, "one binding");
      t.notOk(carrier.events.slice(before).some((event) => event.startsWith("unregistered ")));
      for (const [caller, server] of [
        [stays, other],
        [fresh, bbb],
      ] as const) {
        const [member] = caller.members(server);
        if (member === undefined) throw new Error(caller.evidence());
        await new Tones(world, { call: caller.call, member }, server).bothWays(t, `of ${caller.name}`);
        await caller.hangUp();
      }
    });

    other.stopTone(elsewhere.pin);
    // The second instance has event socket connections of its own.
    const expected = /^freeswitch\.controls$/;
    t.strictSame(await world.leftBehind(idle, { ms: 10_000, expected }), {}, "nothing is left");
  },
);
