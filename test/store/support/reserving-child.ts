import process from "node:process";

import { EmbeddedRooms } from "../../../src/store/embedded-rooms.js";
import { Hand, value } from "./room-store-suite.js";

/*
 * Reserves rooms `room-<first>` to `room-<last>`, several at a time, and reports each once the store has acknowledged
 * it; releases every tenth. The test kills this process.
 */
const [directory = "", first = "0", last = "0", wide = "1"] = process.argv.slice(2);
const hand = new Hand();
hand.restMs = 3_600_000;
const store = value(
  await EmbeddedRooms.open(directory, hand, (what) => {
    process.stdout.write(`trouble ${what}\n`);
  }),
);
let next = Number(first);

async function reserveOn(): Promise<void> {
  for (; next <= Number(last);) {
    const number = next++;
    const { reservation } = value(await store.reserve(`room-${number}`, "as-it-is"));
    process.stdout.write(`reserved ${number} ${reservation.pin.reveal()}\n`);
    if (number % 10 !== 0) continue;
    value(await store.release(`room-${number}`));
    process.stdout.write(`released ${number}\n`);
  }
}

await Promise.all(Array.from({ length: Number(wide) }, () => reserveOn()));
await store.close();
