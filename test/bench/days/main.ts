import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

import { EmbeddedRooms } from "../../../src/store/embedded-rooms.js";
import { GuessThrottle } from "../../../src/store/guess-throttle.js";
import { RedisConnection } from "../../../src/store/redis-connection.js";
import { RedisGuessCounts } from "../../../src/store/redis-guess-counts.js";
import { RedisRooms } from "../../../src/store/redis-rooms.js";
import type { RoomStore } from "../../../src/store/room-store.js";
import { systemClock } from "../../../src/util/clock.js";
import { noRedis, RedisServer } from "../../store/support/redis-server.js";
import { fakePin } from "../../support/fake-directory.js";
import { defaultGuessing, memoryThrottle } from "../../support/fake-guesses.js";
import { seeded } from "../../support/seeded.js";
import { roomSettings } from "../support/room-settings.js";
import { type LookupResult, measureLookups } from "./lookups.js";
import { ManyServers, pinAt, reservedPinAt } from "./many-servers.js";
import { jsonOf, markdownOf } from "./report.js";
import { type DayResult, type DaySize, runDay } from "./starts.js";

/*
 * Days that are larger than any machine here can play them: many meetings, many waiting callers, many look-ups. BBB servers,
 * channels and phones are fakes; directory, calls and stores are the real ones. With a directory as argument, writes
 * big-days.md and big-days.json there.
 */

const [resultsIn] = process.argv.slice(2);
const reserved = 20_000;
const lookups = 20_000;
const atOnce = 200;
const bigDay: DaySize = {
  servers: 200,
  meetings: 20_000,
  attendees: 10,
  pollEveryMs: 5_000,
  callers: Number(process.env["CALLERS"] ?? "10000"),
  starts: 500,
  dialWithinMs: 120_000,
  startWithinMs: 60_000,
};
const days: readonly DaySize[] =
  process.env["DAYS"] === "all" ? [bigDay, { ...bigDay, meetings: 60_000, callers: 1_000 }] : [bigDay];

async function fill<Store extends RoomStore>(rooms: Store): Promise<Store> {
  const records = Array.from({ length: reserved }, (_, room) => ({
    meetingId: `room-${room}`,
    pin: fakePin(reservedPinAt(room)),
    reservedAt: 0,
    validUntil: undefined,
  }));
  const imported = await rooms.import(records);
  if (!imported.ok) throw new Error(imported.failure);
  return rooms;
}

function onBug(error: unknown): void {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
}

async function withRedis(): Promise<LookupResult[]> {
  if (noRedis !== false) {
    process.stderr.write(`Redis: ${noRedis}\n`);
    return [];
  }
  const server = await RedisServer.start();
  const redis = await RedisConnection.open({ url: server.url, clock: systemClock, onState: () => undefined });
  try {
    const rooms = await fill(new RedisRooms(redis, "bench", roomSettings));
    const counts = new RedisGuessCounts(redis, "bench");
    const throttle = new GuessThrottle({
      clock: systemClock,
      settings: () => defaultGuessing,
      shared: () => counts,
      onBug,
    });
    return [await measureLookups("Redis", { rooms, throttle, reserved }, { lookups, atOnce })];
  } finally {
    await redis.close();
    await server.stop();
  }
}

async function measureMemoryLookups(): Promise<number> {
  const random = seeded(1);
  const working = async <Value>(work: () => Promise<Value>): Promise<Value> => await work();
  const servers = new ManyServers({
    ...bigDay,
    attendees: 0,
    clock: systemClock,
    random,
    rooms: () => undefined,
    working,
    onBug,
  });
  await servers.directory.open();
  const pins = Array.from({ length: lookups }, () => fakePin(pinAt(random.below(bigDay.meetings))));
  const before = process.cpuUsage();
  for (const pin of pins) {
    const found = await servers.directory.lookUp(pin);
    if (found.kind !== "open") throw new Error("a running meeting is not found");
  }
  const { user, system } = process.cpuUsage(before);
  servers.directory.close();
  return (user + system) / 1_000 / lookups;
}

const place = await mkdtemp(join(tmpdir(), "einwahl-days-"));
try {
  const opened = await EmbeddedRooms.open(place, roomSettings, onBug);
  if (!opened.ok) throw new Error(opened.failure);
  const rooms = await fill(opened.value);
  const found = [
    await measureLookups(
      "embedded store",
      { rooms, throttle: memoryThrottle(systemClock), reserved },
      { lookups, atOnce },
    ),
    ...(await withRedis()),
  ];
  const memoryLookupMs = await measureMemoryLookups();
  const results: DayResult[] = [];
  for (const size of days) results.push(await runDay(size, rooms, onBug));
  await rooms.close();
  const report = { node: process.version, days: results, lookups: found, memoryLookupMs };
  const markdown = markdownOf(report);
  process.stdout.write(markdown);
  if (resultsIn !== undefined) {
    await writeFile(join(resultsIn, "big-days.md"), markdown);
    await writeFile(join(resultsIn, "big-days.json"), `${jsonOf(report)}\n`);
  }
} finally {
  await rm(place, { recursive: true });
}
