import { randomBytes } from "node:crypto";
import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import t from "tap";

import { dayMs, pseudonymKeyDays } from "../../src/caller/day-keys.js";
import { EmbeddedDayKeys } from "../../src/store/embedded-day-keys.js";
import { RedisConnection } from "../../src/store/redis-connection.js";
import { RedisDayKeys } from "../../src/store/redis-day-keys.js";
import { type DayKeyVault, StoredDayKeys } from "../../src/store/stored-day-keys.js";
import { systemClock } from "../../src/util/clock.js";
import { failure, type Result, success } from "../../src/util/result.js";
import { sleep } from "../../src/util/wait.js";
import { FakeClock, settle } from "../support/fake-clock.js";
import { noRedis, RedisServer } from "./support/redis-server.js";

const someDay = 20_783;

/** One instance with a date chosen by the test. */
function instance(startDay = someDay, daysBefore = pseudonymKeyDays) {
  const clock = new FakeClock();
  const bugs: unknown[] = [];
  const keys = new StoredDayKeys({
    daysBefore,
    clock,
    now: () => startDay * dayMs + clock.now(),
    random: randomBytes,
    onBug: (error) => bugs.push(error),
  });
  return { clock, keys, bugs };
}

function all(keys: StoredDayKeys): Record<number, string> {
  return Object.fromEntries(keys.days.map((day) => [day, keys.keyOf(day).toString("hex")]));
}

await t.test("in memory: each day has its own key, tomorrow's becomes today's, and old ones are dropped", async (t) => {
  const { keys, clock, bugs } = instance();
  await keys.open(undefined);
  t.strictSame(
    keys.days,
    [-5, -4, -3, -2, -1, 0, 1].map((offset) => someDay + offset),
  );
  t.equal(new Set(Object.values(all(keys))).size, 7);
  t.equal(keys.keyOf(someDay).length, 32);
  const before = all(keys);
  await clock.advance(dayMs);
  t.equal(keys.today, someDay + 1);
  t.match(all(keys), Object.fromEntries(Object.entries(before).filter(([day]) => Number(day) >= someDay - 4)));
  t.throws(() => keys.keyOf(someDay - 5), "its day is over");
  await clock.advance(pseudonymKeyDays * dayMs);
  t.equal(keys.keyOf(someDay + 1).toString("hex"), before[someDay + 1]);
  await clock.advance(2 * dayMs);
  t.equal(Object.values(all(keys)).filter((key) => Object.values(before).includes(key)).length, 0);
  keys.close();
  t.equal(clock.pending, 0);
  t.strictSame(bugs, []);
});

/** Agrees while `isThere`; its map survives the instance. */
class PaperVault implements DayKeyVault {
  isThere = true;
  asked = 0;
  readonly kept = new Map<number, Buffer>();

  agree(offered: ReadonlyMap<number, Buffer>): Promise<Result<ReadonlyMap<number, Buffer>, "unavailable">> {
    this.asked += 1;
    if (!this.isThere) return Promise.resolve(failure("unavailable"));
    for (const [day, key] of offered) if (!this.kept.has(day)) this.kept.set(day, key);
    return Promise.resolve(
      success(new Map([...offered.keys()].map((day) => [day, this.kept.get(day) ?? Buffer.alloc(0)]))),
    );
  }
}

await t.test("a vault outage fails no call, and its keys apply again afterwards", async (t) => {
  const vault = new PaperVault();
  const first = instance();
  await first.keys.open(vault);
  const second = instance();
  vault.isThere = false;
  await second.keys.open(vault);
  t.equal(second.keys.keyOf(someDay).length, 32);
  t.notSame(all(second.keys), all(first.keys));
  vault.isThere = true;
  await second.clock.advance(10_000);
  t.strictSame(all(second.keys), all(first.keys), "the older keys hold");
  vault.isThere = false;
  await Promise.all([first.clock.advance(dayMs), second.clock.advance(dayMs)]);
  t.equal(
    first.keys.keyOf(someDay + 1).toString("hex"),
    second.keys.keyOf(someDay + 1).toString("hex"),
    "the key of a day on which the vault is away was agreed on the day before",
  );
  const { asked } = vault;
  await first.clock.advance(60_000);
  t.ok(vault.asked - asked <= 7, `asked ${vault.asked - asked} times in a minute while it is away`);
  for (const { keys, clock } of [first, second]) {
    keys.close();
    await settle();
    t.equal(clock.pending, 0);
  }
});

await t.test("on a disk: current keys survive a restart, expired ones do not", async (t) => {
  const directory = t.testdir();
  const troubles: string[] = [];
  const vault = async (): Promise<EmbeddedDayKeys> => {
    const opened = await EmbeddedDayKeys.open(directory, (what) => troubles.push(what));
    if (!opened.ok) throw new Error(opened.failure);
    return opened.value;
  };
  const path = join(directory, "pseudonym-keys.json");
  const first = instance();
  await first.keys.open(await vault());
  t.equal((await stat(path)).mode & 0o777, 0o600);
  const again = instance();
  await again.keys.open(await vault());
  t.strictSame(all(again.keys), all(first.keys));

  const later = instance(someDay + 3);
  await later.keys.open(await vault());
  t.equal(later.keys.keyOf(someDay).toString("hex"), first.keys.keyOf(someDay).toString("hex"));
  const written = await readFile(path, "utf8");
  t.notMatch(written, first.keys.keyOf(someDay - 5).toString("base64"), "deleted");
  t.match(written, first.keys.keyOf(someDay).toString("base64"));
  await writeFile(`${path}.new`, "cut off by a cra");
  t.strictSame(
    all((await opened(instance(someDay + 3), await vault())).keys),
    all(later.keys),
    "a crash while it was written",
  );

  await rm(directory, { recursive: true });
  // Disk access takes real time, independent of the fake clock.
  await later.clock.advance(dayMs);
  await until(() => Promise.resolve(troubles.length > 0 && later.clock.pending > 0));
  await later.clock.advance(10_000);
  await until(() => Promise.resolve(later.clock.pending > 0));
  t.equal(troubles.length, 1, "a disk that fails is reported once");
  t.notMatch(troubles[0], later.keys.keyOf(someDay).toString("base64"));
  t.equal(later.keys.keyOf(someDay + 4).length, 32, "and keys are still available");
});

await t.test("a file that is not a key file is neither used nor overwritten", async (t) => {
  for (const text of ["", "{}", '{"keys":{"2026-11-26":"short"}}', '{"keys":{"today":""}}']) {
    const directory = t.testdir({ "pseudonym-keys.json": text });
    t.match(await EmbeddedDayKeys.open(directory, () => undefined), { ok: false, failure: /can't be read/ });
    t.equal(await readFile(join(directory, "pseudonym-keys.json"), "utf8"), text);
  }
});

async function opened<Instance extends { readonly keys: StoredDayKeys }>(
  made: Instance,
  vault: DayKeyVault,
): Promise<Instance> {
  await made.keys.open(vault);
  return made;
}

await t.test("instances on one Redis", { skip: noRedis }, async (t) => {
  const server = await RedisServer.start();
  t.teardown(() => server.stop());
  const states = new Set<() => void>();
  const redis = await RedisConnection.open({
    url: server.url,
    clock: systemClock,
    onState: () => {
      for (const heard of states) heard();
    },
  });
  const today = Math.floor(Date.now() / dayMs);
  const vault = (): RedisDayKeys =>
    new RedisDayKeys(redis, { prefix: "test", name: "pseudonym-key", daysBefore: pseudonymKeyDays });

  const instances = Array.from({ length: 8 }, () => instance(today));
  await Promise.all(instances.map(({ keys }) => keys.open(vault())));
  t.equal(
    new Set(instances.map(({ keys }) => JSON.stringify(all(keys)))).size,
    1,
    "agree, though they came up at once",
  );
  const [first] = instances;
  if (first === undefined) throw new Error("no instance");

  const names = await redis.command("KEYS", "*");
  t.equal(names.ok && Array.isArray(names.value) ? names.value.length : 0, 7);
  for (const day of first.keys.days) {
    const ends = await redis.command(
      "PEXPIRETIME",
      `{test}:pseudonym-key:${new Date(day * dayMs).toISOString().slice(0, 10)}`,
    );
    t.equal(ends.ok ? Number(ends.value) : 0, (day + pseudonymKeyDays + 1) * dayMs, "Redis deletes it in time");
  }
  t.ok((first.keys.days.at(-1) ?? 0) - (first.keys.days[0] ?? 0) < 7, "no key is older than seven days");

  await redis.command("FLUSHALL");
  await first.clock.advance(600_000);
  await until(async () => {
    const found = await redis.command("DBSIZE");
    return found.ok && found.value === 7;
  });
  const late = await opened(instance(today), vault());
  t.strictSame(all(late.keys), all(first.keys), "what Redis has lost is given back by an instance that has it");
  await redis.close();
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await condition()) return;
    await sleep(systemClock, 20);
  }
  throw new Error("it does not come");
}
