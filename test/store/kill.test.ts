import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import t from "tap";

import { EmbeddedRooms } from "../../src/store/embedded-rooms.js";
import { seeded } from "../support/seeded.js";
import { Hand, value } from "./support/room-store-suite.js";

t.setTimeout(500_000);

const rooms = 10_000;
const maxRuns = 200;
const child = fileURLToPath(new URL("support/reserving-child.js", import.meta.url));

/** Acknowledged operations: the PINs of a room, latest last, and whether it was released. */
interface Acknowledged {
  readonly pins: string[];
  released: boolean;
}

/** Runs a process until it has reported this many rooms, then kills it; resolves after its exit. */
async function run(
  directory: string,
  first: number,
  killAfter: number,
  wide: number,
  onLine: (line: string) => void,
): Promise<NodeJS.Signals | null> {
  const running = spawn(process.execPath, [child, directory, String(first), String(rooms), String(wide)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let told = 0;
  const lines = createInterface({ input: running.stdout });
  lines.on("line", (line) => {
    onLine(line);
    told += 1;
    if (told === killAfter) running.kill("SIGKILL");
  });
  return await new Promise((resolve) => {
    running.once("close", (_code, signal) => {
      resolve(signal);
    });
  });
}

await t.test("kill -9 loses no acknowledged write, and no PIN is assigned twice", async (t) => {
  const random = seeded(20_251);
  const directory = await mkdtemp(join(tmpdir(), "einwahl-kill-"));
  t.teardown(() => rm(directory, { recursive: true }));
  const acknowledged = new Map<number, Acknowledged>();
  const troubles: string[] = [];
  let kills = 0;
  for (let runs = 0; runs < maxRuns && acknowledged.size < rooms; runs++) {
    // Requests in flight when the last process was killed are repeated.
    let first = 1;
    while (first <= acknowledged.size - 160 && acknowledged.has(first)) first += 1;
    const signal = await run(
      directory,
      first,
      100 + random.below(600),
      [1, 4, 30, 150][random.below(4)] ?? 1,
      (line) => {
        const [what, number = "", pin = ""] = line.split(" ");
        if (what === "trouble") troubles.push(line);
        const known = acknowledged.get(Number(number)) ?? { pins: [], released: false };
        if (what === "reserved") {
          if (known.pins.at(-1) !== pin) known.pins.push(pin);
          known.released = false;
          acknowledged.set(Number(number), known);
        }
        if (what === "released") known.released = true;
      },
    );
    if (signal === "SIGKILL") kills += 1;
  }
  t.equal(acknowledged.size, rooms);
  t.ok(kills >= 20, `${kills} kills`);
  t.comment(`${rooms} rooms, ${kills} kills, ${troubles.length} torn last lines`);
  t.same(
    troubles.filter((each) => !each.includes("are an unfinished write from a crash")),
    [],
  );

  const store = value(await EmbeddedRooms.open(directory, new Hand(), () => undefined));
  let lost = 0;
  for (const [number, { pins, released }] of acknowledged) {
    const found = value(await store.find(`room-${number}`));
    const pin = found?.pin.reveal();
    // An operation in flight at the kill may have taken effect: a release, or the reservation after it.
    const mayBeGone = number % 10 === 0;
    const isAsTold = released
      ? pin === undefined || !pins.includes(pin)
      : pin === pins.at(-1) || (mayBeGone && pin === undefined);
    if (!isAsTold) lost += 1;
  }
  t.equal(lost, 0, "acknowledged and lost");
  const givenTo = new Map<string, number>();
  let twice = 0;
  for (const [number, { pins }] of acknowledged) {
    for (const pin of pins) {
      if (givenTo.has(pin) && givenTo.get(pin) !== number) twice += 1;
      givenTo.set(pin, number);
    }
    // Only a released room may get another PIN.
    if (number % 10 !== 0 && pins.length !== 1) twice += 1;
  }
  t.equal(twice, 0, "given twice");
  await store.close();
});
