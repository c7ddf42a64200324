import { appendFile, mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import t from "tap";

import { Secret } from "../../src/caller/secret.js";
import { Mark } from "../../src/prove/mark.js";
import type { Place } from "../../src/prove/place.js";
import { directoryPlace, plantFile } from "../../src/prove/places/directories.js";
import { FileTails } from "../../src/prove/places/file-tails.js";
import { redisPlace } from "../../src/prove/places/redis.js";
import { Watch } from "../../src/prove/watch.js";
import { RedisConnection } from "../../src/store/redis-connection.js";
import { systemClock } from "../../src/util/clock.js";
import { scratchFolder } from "../e2e/support/scratch.js";
import { noRedis, RedisServer } from "../store/support/redis-server.js";

const number = new Mark("number", "the number", "+493023125678");
const instant = {
  now: () => 0,
  after: (_ms: number, callback: () => void) => {
    setImmediate(callback);
    return () => undefined;
  },
};
const planted = (): Mark => new Mark("number", "planted", "+493023125111");

await t.test("only new lines of an existing log and all lines of a new file are read", async (t) => {
  const folder = await scratchFolder(t, "tails");
  const log = join(folder, "a.log");
  await writeFile(log, "before\n");
  const tails = new FileTails([folder]);
  await tails.begin();
  await appendFile(log, "after\n");
  await writeFile(join(folder, "b.log"), "new\n");
  const read = async (): Promise<readonly string[]> => (await tails.look()).pieces.map(({ bytes }) => bytes.toString());
  t.strictSame(await read(), ["after\n", "new\n"]);
  await rename(log, join(folder, "a.log.1"));
  await writeFile(log, "rotated\n");
  t.strictSame(await read(), ["rotated\n", "before\nafter\n", "new\n"], "all lines are read after a rotation");
  await writeFile(log, "x");
  t.strictSame((await read())[0], "x", "and after a truncation");
  await rm(log);
  await mkdir(join(folder, "inner"));
  await symlink(folder, join(folder, "inner", "loop"));
  t.match((await tails.look()).unseen.join(" "), /too deep|too many|more than/, "a loop is aborted and reported");
  t.match(await new FileTails([join(folder, "nothing")]).look(), { pieces: [], unseen: [/ENOENT/] });
});

await t.test("a place: the planted mark is found and removed, another mark is found", async (t) => {
  const folder = await scratchFolder(t, "place");
  const place = directoryPlace({
    id: "store",
    name: "store",
    directories: [folder],
    permits: () => undefined,
    plants: [plantFile(folder)],
  });
  const watch = new Watch(place, systemClock);
  await watch.tryPlants(planted);
  await watch.look([number], undefined);
  t.match(watch.record, { hits: [], unseen: [], looks: 1, plants: [{ outcome: "found", removed: "removed" }] });
  await writeFile(join(folder, "leak"), "+49 30 23125678");
  await watch.look([number], "talking");
  t.match(watch.record.hits, [{ form: "plain", stage: "talking" }]);

  const permitting = new Watch(
    { ...place, permits: (_mark, isCallUp) => (isCallUp ? "it is dialled" : undefined) },
    systemClock,
  );
  await permitting.look([number], "talking");
  t.match(permitting.record, { hits: [], permitted: ["the number: it is dialled"] });
  await permitting.look([number], undefined);
  t.equal(permitting.record.hits.length, 1, "a hit that is permitted during a call counts afterwards");
});

await t.test("a missing planted mark is reported, a masked one counts as found", async (t) => {
  const folder = await scratchFolder(t, "plant");
  const place = directoryPlace({
    id: "files",
    name: "log",
    directories: [folder],
    permits: () => undefined,
    plants: [],
  });
  const attempt = async (line: string): Promise<unknown> => {
    const watch = new Watch(place, instant);
    await watch.tryPlant(
      {
        how: "by hand",
        put: async () => {
          await writeFile(join(folder, "log"), line);
          return { ok: true, value: undefined };
        },
      },
      planted(),
    );
    return watch.record.plants;
  };
  t.match(await attempt("something else"), [{ outcome: "missing", removed: "stays" }]);
  t.match(await attempt("x einwahlprove [number]"), [
    { outcome: "masked", removed: "stays" },
    { outcome: "found", removed: "nothing-there" },
  ]);
});

await t.test("an earlier planted line or an incomplete line does not count as masked", async (t) => {
  const earlier = "einwahlprove +493023125112\n";
  const texts = [earlier, `${earlier}einwahlprove `, `${earlier}einwahlprove +493023125111\n`];
  const place: Place = {
    id: "einwahl-output",
    name: "output",
    when: "afterwards",
    permits: () => undefined,
    plants: [],
    begin: () => Promise.resolve(),
    look: () =>
      Promise.resolve({
        pieces: [{ source: "output", bytes: Buffer.from((texts.length > 1 ? texts.shift() : texts[0]) ?? "") }],
        unseen: [],
      }),
  };
  texts.unshift(earlier);
  const watch = new Watch(place, instant);
  await watch.tryPlant({ how: "by hand", put: () => Promise.resolve({ ok: true, value: undefined }) }, planted());
  t.match(watch.record.plants, [{ outcome: "found" }]);
});

await t.test(
  "Redis: keys and values of every type are read, and the planted key is removed",
  { skip: noRedis },
  async (t) => {
    const server = await RedisServer.start();
    t.teardown(() => server.stop());
    const place = redisPlace(
      { kind: "redis", url: Secret.of(server.url), prefix: "einwahl" },
      () => undefined,
      systemClock,
    );
    const redis = await RedisConnection.open({ url: server.url, clock: systemClock, onState: () => undefined });
    t.teardown(() => redis.close());
    const watch = new Watch(place, systemClock);
    await watch.tryPlants(planted);
    await watch.look([number], undefined);
    t.match(watch.record, {
      hits: [],
      unseen: [],
      plants: [{ how: "as a key in Redis", outcome: "found", removed: "removed" }],
    });
    t.match(await redis.command("DBSIZE"), { ok: true, value: 0 });
    for (const command of [
      ["SET", "03023125678", "x"],
      ["SET", "k", "493023125678"],
      ["HSET", "k", "a", "b", "caller", "+493023125678"],
      ["RPUSH", "k", "a", "+493023125678"],
      ["SADD", "k", "+493023125678"],
      ["ZADD", "k", "1", "+493023125678"],
      ["XADD", "k", "*", "from", "+493023125678"],
    ]) {
      await redis.command("FLUSHDB");
      t.ok((await redis.command(...command)).ok);
      const again = new Watch(place, systemClock);
      await again.look([number], undefined);
      t.equal(again.record.hits.length, 1, command.join(" "));
    }
    await server.down();
    t.match((await place.look()).unseen, [/Redis does not respond/]);
  },
);
