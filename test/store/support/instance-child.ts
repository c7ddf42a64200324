import process from "node:process";

import { RedisConnection } from "../../../src/store/redis-connection.js";
import { RedisRooms } from "../../../src/store/redis-rooms.js";
import { systemClock } from "../../../src/util/clock.js";
import { Hand, value } from "./room-store-suite.js";

/* One of several instances: reserves shared and own rooms, twenty at a time, and reports each. */
const [url = "", name = "", shared = "0", own = "0"] = process.argv.slice(2);
const rooms = new RedisRooms(
  await RedisConnection.open({ url, clock: systemClock, onState: () => undefined }),
  "einwahl",
  new Hand(),
);
const ids = [
  ...Array.from({ length: Number(shared) }, (_, number) => `shared-${number}`),
  ...Array.from({ length: Number(own) }, (_, number) => `${name}-${number}`),
];
const queue = ids.values();

async function reserveOn(): Promise<void> {
  for (const id of queue) {
    const { reservation } = value(await rooms.reserve(id, "as-it-is"));
    process.stdout.write(`${id} ${reservation.pin.reveal()}\n`);
  }
}

await Promise.all(Array.from({ length: 20 }, () => reserveOn()));
await rooms.close();
