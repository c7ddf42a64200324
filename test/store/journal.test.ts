import { statSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import t from "tap";

import { DirectoryLock } from "../../src/store/directory-lock.js";
import { EmbeddedRooms } from "../../src/store/embedded-rooms.js";
import { Journal } from "../../src/store/journal.js";
import { openStores, type Stores } from "../../src/store/open-stores.js";
import { until } from "../softphone/sip/support.js";
import { FakeClock } from "../support/fake-clock.js";
import { Hand, value } from "./support/room-store-suite.js";

const directory = await mkdtemp(join(tmpdir(), "einwahl-journal-"));
t.after(() => rm(directory, { recursive: true }));

interface Numbers {
  readonly journal: Journal<number>;
  readonly numbers: number[];
  readonly troubles: string[];
}

async function openNumbers(path: string, condense?: (numbers: readonly number[]) => number[]): Promise<Numbers> {
  const numbers: number[] = [];
  const troubles: string[] = [];
  const journal = await Journal.open<number>(path, {
    header: "numbers",
    take: (entry) => typeof entry === "number",
    apply: (entry) => {
      numbers.push(entry);
    },
    condense: () => condense?.(numbers) ?? numbers,
    onTrouble: (what) => {
      troubles.push(what);
    },
  });
  if (!journal.ok) throw new Error(journal.failure);
  return { journal: journal.value, numbers, troubles };
}

await t.test("a truncated last line is dropped, the lines before it are kept", async (t) => {
  const path = join(directory, "cut");
  const { journal } = await openNumbers(path);
  await journal.append([1, 2]);
  const before = (await stat(path)).size;
  await journal.append([3]);
  await journal.close();
  const whole = await readFile(path);
  for (let length = before; length <= whole.length; length++) {
    await writeFile(path, whole.subarray(0, length));
    const { journal, numbers, troubles } = await openNumbers(path);
    t.same(numbers, length === whole.length ? [1, 2, 3] : [1, 2]);
    t.equal(troubles.length, length === before || length === whole.length ? 0 : 1);
    t.equal(await journal.append([4]), true);
    await journal.close();
    const again = await openNumbers(path);
    t.same(again.numbers, length === whole.length ? [1, 2, 3, 4] : [1, 2, 4]);
    t.same(again.troubles, []);
    await again.journal.close();
  }
});

await t.test("a last block of zeros, as a power failure leaves it, is dropped", async (t) => {
  const path = join(directory, "zeros");
  const { journal } = await openNumbers(path);
  await journal.append([1]);
  await journal.close();
  await writeFile(path, Buffer.concat([await readFile(path), Buffer.alloc(4_096)]));
  const again = await openNumbers(path);
  t.same(again.numbers, [1]);
  t.equal(again.troubles.length, 1);
  await again.journal.close();
});

await t.test("damage before the end is not ignored", async (t) => {
  const path = join(directory, "damaged");
  const { journal } = await openNumbers(path);
  for (const number of [1, 2, 3]) await journal.append([number]);
  await journal.close();
  const whole = await readFile(path);
  const end = whole.lastIndexOf(10, whole.length - 2);
  for (let place = 0; place < end; place++) {
    const damaged = Buffer.from(whole);
    damaged.writeUInt8(damaged.readUInt8(place) ^ 1, place);
    await writeFile(path, damaged);
    const opened = await Journal.open<number>(path, {
      header: "numbers",
      take: (entry) => typeof entry === "number",
      apply: () => undefined,
      condense: () => [],
      onTrouble: () => undefined,
    });
    t.match(opened, { ok: false, failure: / is damaged/ });
  }
  await writeFile(path, "");
  t.match(
    await Journal.open<number>(path, {
      header: "numbers",
      take: (entry) => typeof entry === "number",
      apply: () => undefined,
      condense: () => [],
      onTrouble: () => undefined,
    }),
    { ok: false, failure: /not a journal/ },
  );
});

await t.test("concurrent entries are written together and in order", async (t) => {
  const path = join(directory, "together");
  const { journal, numbers } = await openNumbers(path);
  const written: number[] = [];
  await Promise.all(
    Array.from({ length: 1_000 }, async (_, number) => {
      t.equal(await journal.append([number]), true);
      written.push(number);
    }),
  );
  t.same(written, numbers);
  t.ok((await readFile(path, "utf8")).split("\n").length < 10, "a thousand entries in a few lines");
  await journal.close();
  t.equal(await journal.append([1]), false);
});

await t.test("a grown journal is condensed without losing data", async (t) => {
  const path = join(directory, "condensed");
  const { journal, numbers } = await openNumbers(path, (all) => all.slice(-10));
  for (let round = 0; round < 40; round++)
    await journal.append(Array.from({ length: 10_000 }, (_, place) => round * 10_000 + place));
  t.ok((await stat(path)).size < 2_000_000);
  t.equal(numbers.length, 400_000);
  await journal.close();
  const again = await openNumbers(path);
  t.same(again.numbers.slice(-10), numbers.slice(-10));
  await again.journal.close();
});

await t.test("a full disk is reported, and no write is acknowledged", async (t) => {
  const path = join(directory, "full");
  const { journal, numbers } = await openNumbers(path);
  await journal.append([1]);
  await journal.close();
  // Opens a device that is always full.
  await rm(path);
  await symlink("/dev/full", path);
  const opened = await Journal.open<number>(path, {
    header: "numbers",
    take: (entry) => typeof entry === "number",
    apply: () => undefined,
    condense: () => [],
    onTrouble: () => undefined,
  });
  t.equal(opened.ok, false);
  t.same(numbers, [1]);
});

await t.test("one instance at a time", async (t) => {
  const place = join(directory, "locked");
  const first = value(await EmbeddedRooms.open(place, new Hand(), () => undefined));
  t.match(await EmbeddedRooms.open(place, new Hand(), () => undefined), {
    ok: false,
    failure: /in use by another instance/,
  });
  await first.close();
  const second = value(await EmbeddedRooms.open(place, new Hand(), () => undefined));
  await second.close();
});

await t.test("one of many concurrent processes gets the lock, even with a stale socket", async (t) => {
  const place = join(directory, "race");
  await mkdir(place);
  // A socket without a listener, as left by a killed process.
  const dead = createServer();
  await new Promise<void>((resolve) => {
    dead.listen(join(place, "dying"), resolve);
  });
  await rename(join(place, "dying"), join(place, "lock-dead"));
  await new Promise((resolve) => {
    dead.close(resolve);
  });
  t.ok((await stat(join(place, "lock-dead"))).isSocket());
  for (let round = 0; round < 5; round++) {
    const takers = await Promise.all(Array.from({ length: 10 }, () => DirectoryLock.take(place)));
    const holders = takers.flatMap((each) => (each.ok ? [each.value] : []));
    t.equal(holders.length, 1);
    t.match(await DirectoryLock.take(place), { ok: false, failure: "held" });
    for (const holder of holders) await holder.release();
  }
  t.same(await readdir(place), [], "and leaves nothing");
});

await t.test("files are readable by the owner only", async (t) => {
  const place = join(directory, "modes");
  const store = value(await EmbeddedRooms.open(place, new Hand(), () => undefined));
  t.equal((await stat(place)).mode & 0o777, 0o700);
  t.equal((await stat(join(place, "rooms.journal"))).mode & 0o777, 0o600);
  await store.close();
});

await t.test("deleted and expired rooms leave the file within a day, and at the next start", async (t) => {
  const place = join(directory, "deleted");
  const hand = new Hand();
  hand.restMs = 30 * 24 * 3_600_000;
  const clock = new FakeClock();
  const open = async (): Promise<Stores> =>
    value(
      await openStores({ kind: "embedded", directory: place }, hand, clock, {
        onTrouble: (what) => t.fail(what),
        onRedis: () => undefined,
      }),
    );
  const content = async (): Promise<string> => await readFile(join(place, "rooms.journal"), "utf8");
  const stores = await open();
  const { rooms } = stores;
  await rooms.reserve("kept-room", "as-it-is");
  const deleted = value(await rooms.reserve("deleted-room", "as-it-is")).reservation.pin.reveal();
  await rooms.release("deleted-room");
  const over = value(await rooms.reserve("ended-room", { until: hand.time + 3_600_000 })).reservation.pin.reveal();
  t.match(await content(), /deleted-room[^]*ended-room/);
  hand.time += 24 * 3_600_000;
  await clock.advance(24 * 3_600_000);
  await rooms.reserve("another-room", "as-it-is");
  t.match(await content(), /kept-room[^]*another-room/);
  t.notMatch(await content(), /deleted-room|ended-room/);
  for (const pin of [deleted, over]) t.match(await content(), `["rest","${pin}",`, "the PIN rests, without the room");
  await setTimeout(100);
  await rooms.reserve("one-more-room", "as-it-is");
  // File times have a resolution of several milliseconds; a rewritten file has another inode.
  const before = await stat(join(place, "rooms.journal"));
  await clock.advance(24 * 3_600_000);
  await until(() => statSync(join(place, "rooms.journal")).ino !== before.ino, "a rewritten file");
  await setTimeout(100);
  const tidied = await stat(join(place, "rooms.journal"));
  await clock.advance(24 * 3_600_000);
  await setTimeout(50);
  t.equal((await stat(join(place, "rooms.journal"))).ino, tidied.ino, "nothing is rewritten for nothing");
  await rooms.release("another-room");
  await stores.close();
  t.equal(clock.pending, 0);
  const again = await open();
  t.notMatch(await content(), /another-room/, "at the next start");
  t.ok((await again.rooms.find("kept-room")).ok);
  await again.close();
});
