import { spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import t from "tap";

import { RedisConnection } from "../../src/store/redis-connection.js";
import { RedisRooms } from "../../src/store/redis-rooms.js";
import { systemClock } from "../../src/util/clock.js";
import { noRedis, RedisServer } from "./support/redis-server.js";
import { Hand, value } from "./support/room-store-suite.js";

t.setTimeout(500_000);

const child = fileURLToPath(new URL("support/instance-child.js", import.meta.url));
const shared = 1_000;
const own = 1_000;

/** The PINs that one instance received, by room. */
async function run(url: string, name: string): Promise<Map<string, string>> {
  const instance = spawn(process.execPath, [child, url, name, String(shared), String(own)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const told = new Map<string, string>();
  createInterface({ input: instance.stdout }).on("line", (line) => {
    const [room = "", pin = ""] = line.split(" ");
    told.set(room, pin);
  });
  await new Promise((resolve) => {
    instance.once("close", resolve);
  });
  return told;
}

await t.test(
  "two instances on one Redis reserve equal and different rooms concurrently, like one instance",
  { skip: noRedis },
  async (t) => {
    const server = await RedisServer.start();
    t.teardown(() => server.stop());
    const [left, right] = await Promise.all([run(server.url, "left"), run(server.url, "right")]);
    t.equal(left.size, shared + own);
    t.equal(right.size, shared + own);
    const common = [...left.keys()].filter((room) => right.has(room));
    t.equal(common.length, shared);
    t.equal(
      common.filter((room) => left.get(room) !== right.get(room)).length,
      0,
      "the same room has the same PIN, whomever one asks",
    );
    const pins = new Set([...left.values(), ...right.values()]);
    t.equal(pins.size, shared + 2 * own, "and no PIN is given twice");

    const third = new RedisRooms(
      await RedisConnection.open({ url: server.url, clock: systemClock, onState: () => undefined }),
      "einwahl",
      new Hand(),
    );
    let wrong = 0;
    for (const [room, pin] of [...left, ...right]) if (value(await third.find(room))?.pin.reveal() !== pin) wrong += 1;
    t.equal(wrong, 0);
    await third.close();
  },
);
