import { readFile } from "node:fs/promises";
import { join } from "node:path";

import t, { type Test } from "tap";

import { DialogBook } from "../../src/store/dialog-book.js";
import { type DialogEntries, maxDialogs, RedisDialogEntries } from "../../src/store/dialog-entries.js";
import { DialogSeal } from "../../src/store/dialog-seal.js";
import { EmbeddedDialogEntries } from "../../src/store/embedded-dialog-entries.js";
import { RedisConnection } from "../../src/store/redis-connection.js";
import { systemClock } from "../../src/util/clock.js";
import { noRedis, RedisServer } from "./support/redis-server.js";

/** A Call-ID may contain the caller's number. */
const number = "4915223125678";
const ids = [`${number}-1@192.0.2.1;from-tag=a`, "x|y\r\n:z ä;from-tag=b"] as const;

function bookOf(entries: DialogEntries | undefined, instance: string, secret = "secret"): DialogBook {
  return new DialogBook({ entries: () => entries, seal: new DialogSeal(secret), instance });
}

async function entriesIn(directory: string): Promise<EmbeddedDialogEntries> {
  const opened = await EmbeddedDialogEntries.open(directory, (what) => {
    throw new Error(what);
  });
  if (!opened.ok) throw new Error(opened.failure);
  return opened.value;
}

/** @param open the same entries again, as after a restart */
async function keeps(t: Test, open: () => Promise<DialogEntries>): Promise<void> {
  const first = bookOf(await open(), "first");
  t.strictSame(await first.all(), []);
  for (const id of ids) await first.add(id);
  await first.add(ids[0]);
  const second = bookOf(await open(), "second");
  const kept = ids.map((dialogId) => ({ dialogId, instance: "first" }));
  t.strictSame(new Set(await second.all()), new Set(kept), "the next instance has them");
  t.strictSame(await bookOf(await open(), "second", "other secret").all(), [], "not without drachtio's secret");
  await second.remove(ids[0]);
  t.equal((await second.all()).length, 2, "an entry of its own only");
  await second.remove(ids[0], "first");
  t.strictSame(await second.all(), [{ dialogId: ids[1], instance: "first" }]);
  await bookOf(await open(), "first").add("x".repeat(1_001));
  t.equal((await second.all()).length, 1, "a huge id is not kept");
}

await t.test("on the disk", async (t) => {
  const directory = t.testdir();
  await keeps(t, () => entriesIn(directory));
  const file = join(directory, "dialogs.json");
  t.notMatch(await readFile(file, "utf8"), /15223|@|from-tag/, "encrypted");
  await Promise.all(Array.from({ length: 200 }, (_, at) => bookOf(undefined, "first").add(`${at}`)));
  const entries = await entriesIn(directory);
  await Promise.all(Array.from({ length: maxDialogs + 5 }, (_, at) => entries.add(`first:${at}`)));
  const all = await (await entriesIn(directory)).all();
  t.equal(all.length, maxDialogs, "the oldest are dropped");
  t.equal(all[0], `first:${maxDialogs + 4}`, "the latest first");
});

await t.test("an unreadable file", async (t) => {
  const directory = t.testdir({ "dialogs.json": "{" });
  t.match(await EmbeddedDialogEntries.open(directory, () => undefined), { ok: false, failure: /dialogs\.json/ });
});

await t.test("in Redis", { skip: noRedis }, async (t) => {
  const server = await RedisServer.start();
  t.teardown(() => server.stop());
  const redis = await RedisConnection.open({ url: server.url, clock: systemClock, onState: () => undefined });
  let now = 1_000_000_000_000;
  const open = (): Promise<DialogEntries> => Promise.resolve(new RedisDialogEntries(redis, "test", () => now));
  await keeps(t, open);
  const values = await redis.command("ZRANGE", "{test}:dialogs", "0", "-1");
  t.notMatch(JSON.stringify(values), /15223|@|from-tag/, "encrypted");
  now += 86_400_001;
  const book = bookOf(await open(), "third");
  await book.add("new");
  t.strictSame(await book.all(), [{ dialogId: "new", instance: "third" }], "entries live for a day");
  await server.down("SIGKILL");
  t.strictSame(await book.all(), [], "none without Redis");
  await redis.close();
});

await t.test("without a store nothing is kept", async (t) => {
  const book = bookOf(undefined, "first");
  await book.add(ids[0]);
  await book.remove(ids[0]);
  t.strictSame(await book.all(), []);
});
