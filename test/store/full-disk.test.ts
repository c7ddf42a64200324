import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import t from "tap";

import { EmbeddedRooms } from "../../src/store/embedded-rooms.js";
import { Hand, value } from "./support/room-store-suite.js";

t.setTimeout(300_000);

const child = fileURLToPath(new URL("support/reserving-child.js", import.meta.url));

interface Told {
  readonly status: number | null;
  readonly pins: ReadonlyMap<string, string>;
  readonly troubles: readonly string[];
}

/** Reserves rooms in a process with a file size limit in KiB, so that the write errors are real. */
async function reserveWithin(directory: string, kib: number, first: number, last: number): Promise<Told> {
  const words = [process.execPath, child, directory, String(first), String(last), "1"];
  // Node ignores SIGXFSZ, but tap's hooks in child processes do not: run without its environment.
  const running = spawn(
    "/bin/bash",
    ["-c", 'unset NODE_OPTIONS; ulimit -f "$1"; shift; exec "$@"', "bash", String(kib), ...words],
    { stdio: ["ignore", "pipe", "ignore"] },
  );
  const pins = new Map<string, string>();
  const troubles: string[] = [];
  createInterface({ input: running.stdout }).on("line", (line) => {
    const [what, number = "", pin = ""] = line.split(" ");
    if (what === "trouble") troubles.push(line);
    if (what === "reserved") pins.set(`room-${number}`, pin);
    if (what === "released") pins.delete(`room-${number}`);
  });
  const status = await new Promise<number | null>((resolve) => {
    running.once("close", resolve);
  });
  return { status, pins, troubles };
}

await t.test(
  "a file that cannot grow: no write is acknowledged, no data is lost, no temporary file remains",
  async (t) => {
    const directory = await mkdtemp(join(tmpdir(), "einwahl-full-"));
    t.teardown(() => rm(directory, { recursive: true }));
    const full = await reserveWithin(directory, 32, 1, 100_000);
    t.equal(full.status, 1, "the calling process is notified");
    t.match(full.troubles.at(-1), /rooms\.journal can't be written: EFBIG/);
    t.ok(full.pins.size > 100, `${full.pins.size} rooms`);
    t.ok((await stat(join(directory, "rooms.journal"))).size <= 32 * 1_024);

    const fuller = await reserveWithin(directory, 8, 1, 1);
    t.equal(fuller.status, 0, "a room that has its PIN gets it, with no room for anything new");
    t.equal(fuller.pins.get("room-1"), full.pins.get("room-1"));
    t.match(fuller.troubles, [/rooms\.journal can't be condensed: EFBIG/]);
    t.same(
      (await readdir(directory)).filter((name) => name !== "rooms.journal" && !name.startsWith("lock-")),
      [],
      "half a new file takes no place",
    );

    const store = value(
      await EmbeddedRooms.open(directory, new Hand(), (what) => {
        t.fail(what);
      }),
    );
    let lost = 0;
    for (const [id, pin] of full.pins) if (value(await store.find(id))?.pin.reveal() !== pin) lost += 1;
    t.equal(lost, 0);
    t.equal(value(await store.reserve("another", "as-it-is")).isNew, true);
    await store.close();
  },
);
