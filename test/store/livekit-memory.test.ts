import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import t, { type Test } from "tap";

import { EmbeddedMeetingAudio } from "../../src/store/embedded-meeting-audio.js";
import { LivekitIdentities, RedisLivekitIdentities } from "../../src/store/livekit-identities.js";
import { MeetingAudio, RedisMeetingAudio } from "../../src/store/meeting-audio.js";
import { RedisConnection } from "../../src/store/redis-connection.js";
import { systemClock } from "../../src/util/clock.js";
import { noRedis, RedisServer } from "./support/redis-server.js";

async function folder(t: Test): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "einwahl-livekit-"));
  t.teardown(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function reopen(directory: string): Promise<EmbeddedMeetingAudio> {
  const opened = await EmbeddedMeetingAudio.open(directory, (what) => t.fail(what));
  if (!opened.ok) throw new Error(opened.failure);
  return opened.value;
}

await t.test("only the audio bridge of meetings is on the disk", async (t) => {
  const directory = await folder(t);
  const audio = await reopen(directory);
  t.equal(await audio.of("meeting-1"), undefined);
  await Promise.all([
    audio.add("meeting-1", "livekit"),
    audio.add("meeting-2", "freeswitch"),
    audio.add("meeting-1", "livekit"),
  ]);
  const restarted = new MeetingAudio(() => undefined);
  t.equal(await restarted.of("meeting-1"), undefined);
  const kept = await reopen(directory);
  t.equal(await new MeetingAudio(() => kept).of("meeting-1"), "livekit");
  t.equal(await kept.of("meeting-2"), "freeswitch");
  t.strictSame(JSON.parse(await readFile(join(directory, "meeting-audio.json"), "utf8")), {
    meetings: [
      ["meeting-2", "freeswitch"],
      ["meeting-1", "livekit"],
    ],
  });
  await Promise.all(Array.from({ length: 2_001 }, (_, meeting) => audio.add(`other-${meeting}`, "freeswitch")));
  await audio.add("last", "livekit");
  const full = await reopen(directory);
  t.strictSame(
    [await full.of("meeting-1"), await full.of("other-1"), await full.of("last")],
    [undefined, undefined, "livekit"],
    "the oldest are forgotten",
  );
  await writeFile(join(directory, "meeting-audio.json"), "{");
  t.match(await EmbeddedMeetingAudio.open(directory, () => undefined), { ok: false, failure: /remove it/ });
});

await t.test("the latest meetings are remembered in memory, up to a limit", async (t) => {
  const audio = new MeetingAudio(() => undefined);
  for (let meeting = 0; meeting < 10_001; meeting++) await audio.add(`meeting-${meeting}`, "livekit");
  t.equal(await audio.of("meeting-0"), undefined);
  t.equal(await audio.of("meeting-10000"), "livekit");
});

await t.test("a single instance assigns the lowest free number", async (t) => {
  const identities = new LivekitIdentities(() => undefined);
  t.strictSame([await identities.claim("a"), await identities.claim("a"), await identities.claim("b")], [0, 1, 0]);
  await identities.release("a", 0);
  t.equal(await identities.claim("a"), 0);
  for (let more = 2; more < 200; more++) await identities.claim("a");
  t.equal(await identities.claim("a"), undefined, "not without end");
});

await t.test("instances on one Redis", { skip: noRedis }, async (t) => {
  const server = await RedisServer.start();
  t.teardown(() => server.stop());
  const redis = await RedisConnection.open({ url: server.url, clock: systemClock, onState: () => undefined });
  const audio = new RedisMeetingAudio(redis, "test");
  const [one, another] = [new MeetingAudio(() => audio), new MeetingAudio(() => audio)];
  await one.add("meeting-1", "livekit");
  t.strictSame(
    [await another.of("meeting-1"), await another.of("meeting-2")],
    ["livekit", undefined],
    "know each other's meetings",
  );

  const instances = [new RedisLivekitIdentities(redis, "test"), new RedisLivekitIdentities(redis, "test")] as const;
  const [first, second] = [new LivekitIdentities(() => instances[0]), new LivekitIdentities(() => instances[1])];
  t.strictSame([await first.claim("anruf-a"), await second.claim("anruf-a")], [0, 1], "never give one identity twice");
  await second.release("anruf-a", 0);
  t.equal(await second.claim("anruf-a"), 2, "one does not release the other's");
  await first.release("anruf-a", 0);
  t.equal(await second.claim("anruf-a"), 0);

  const keys = await redis.command("KEYS", "*");
  for (const key of keys.ok ? (keys.value as readonly string[]) : []) {
    t.match(key, /^\{test\}:(meeting-audio:[0-9a-f]{64}|livekit-identity:[0-9a-f]{64}:\d+)$/);
    const ttl = await redis.command("TTL", key);
    t.ok(ttl.ok && Number(ttl.value) > 0 && Number(ttl.value) <= 604_800, "all of it ends");
  }
  await server.down("SIGKILL");
  t.equal(await one.of("meeting-1"), "livekit", "without Redis an instance has its own");
  t.equal(await first.claim("anruf-b"), undefined, "and gives no number that another may have given");
  await redis.close();
});
