import t from "tap";

import type { CallerGuesses } from "../../src/call/restraint.js";
import { CallerNumber } from "../../src/caller/secret.js";
import { GuessBuckets } from "../../src/store/guess-buckets.js";
import { GuessThrottle } from "../../src/store/guess-throttle.js";
import { RedisConnection } from "../../src/store/redis-connection.js";
import { RedisGuessCounts } from "../../src/store/redis-guess-counts.js";
import { systemClock } from "../../src/util/clock.js";
import { sleep } from "../../src/util/wait.js";
import { someSettings } from "../support/call-harness.js";
import { FakeClock, settle } from "../support/fake-clock.js";
import { fakeHasher } from "../support/fake-day-keys.js";
import { defaultGuessing, memoryThrottle } from "../support/fake-guesses.js";
import { noRedis, RedisServer } from "./support/redis-server.js";

const hasher = fakeHasher();
const window = defaultGuessing.windowMs;

function from(throttle: GuessThrottle, number: string | undefined, trunk = "easybell"): CallerGuesses {
  const parsed = CallerNumber.parse(number ?? "");
  return throttle.callerOf({
    trunk,
    caller: hasher.hash(parsed.ok ? { kind: "number", number: parsed.value } : { kind: "anonymous" }, someSettings),
  });
}

/** The action for each of this many consecutive wrong PINs. */
async function guess(guesses: CallerGuesses, times: number): Promise<readonly string[]> {
  const told: string[] = [];
  for (let time = 0; time < times; time++) {
    const restraint = await guesses.count();
    told.push(restraint.kind === "slowed" ? `${restraint.delayMs}` : restraint.kind);
  }
  return told;
}

const times = (count: number, what: string): readonly string[] => Array.from({ length: count }, () => what);

await t.test(
  "one number: ten wrong PINs are looked up at once, ten more with a delay, then none, within an hour of the first",
  async (t) => {
    const clock = new FakeClock();
    const throttle = memoryThrottle(clock);
    const guesser = from(throttle, "+4915112345678");
    t.strictSame(await guess(guesser, 9), times(9, "none"));
    await clock.advance(window / 2);
    t.strictSame(await guess(guesser, 13), [...times(1, "none"), ...times(10, "3000"), ...times(2, "refused")]);
    t.strictSame(await from(throttle, "+4915112345678").check(), { kind: "refused" }, "the next call");
    t.strictSame(await from(throttle, "+4915112345679").check(), { kind: "none" }, "another number");
    t.strictSame(await from(throttle, undefined).check(), { kind: "none" }, "a withheld one");
    t.strictSame(throttle.state(["easybell"]), {
      wrong: 22,
      restrained: {
        number: { slowed: 0, refused: 1 },
        withheld: { slowed: 0, refused: 0 },
        all: { slowed: 0, refused: 0 },
      },
      withheldOf: [],
    });
    await clock.advance(window / 2);
    t.strictSame(await guess(guesser, 2), times(2, "none"));
    t.equal(throttle.state([]).wrong, 2);
  },
);

await t.test("valid PINs do not count", async (t) => {
  const throttle = memoryThrottle(new FakeClock());
  const caller = from(throttle, "+4915112345678");
  for (let call = 0; call < 100; call++) {
    t.strictSame(await caller.count(), { kind: "none" });
    caller.takeBack();
  }
  t.equal(throttle.state([]).wrong, 0);
});

await t.test("valid PINs evict no count, and take no memory", (t) => {
  const buckets = new GuessBuckets(new FakeClock(), 100);
  for (let add = 0; add < 20; add++) buckets.add("guesser", window);
  for (let caller = 0; caller < 1_000; caller++) {
    buckets.add(`caller ${caller}`, window);
    buckets.takeBack(`caller ${caller}`);
  }
  t.equal(buckets.countOf("guesser"), 20);
  t.equal(buckets.size, 1);
  t.end();
});

await t.test("withheld callers are counted per trunk", async (t) => {
  const throttle = memoryThrottle(new FakeClock());
  for (let call = 0; call < 60; call++) t.strictSame(await from(throttle, undefined).count(), { kind: "none" });
  t.strictSame(await from(throttle, undefined).check(), { kind: "slowed", delayMs: 3_000 });
  t.strictSame(await guess(from(throttle, undefined), 61), [...times(60, "3000"), "refused"]);
  t.strictSame(await from(throttle, undefined, "other").check(), { kind: "none" });
  t.strictSame(throttle.state(["easybell", "other"]).withheldOf, [{ trunk: "easybell", kind: "refused" }]);
});

await t.test("many numbers together: all lookups are delayed, increasingly, and none is refused", async (t) => {
  const throttle = memoryThrottle(new FakeClock());
  const delays = new Map<number, string>();
  for (let call = 0; call < 4_000; call++) {
    const [told = ""] = await guess(from(throttle, `+49151${String(call).padStart(8, "0")}`), 1);
    if (told !== [...delays.values()].at(-1)) delays.set(call, told);
  }
  t.strictSame([...delays].slice(0, 4), [
    [0, "none"],
    [300, "3000"],
    [600, "6000"],
    [900, "9000"],
  ]);
  t.strictSame([...delays].at(-1), [3_000, "30000"]);
  t.strictSame(throttle.state([]).restrained.all, { slowed: 1, refused: 0 });
});

await t.test("a count is evicted by as many others as there are buckets, expired ones first", async (t) => {
  const clock = new FakeClock();
  const buckets = new GuessBuckets(clock, 100);
  for (let add = 0; add < 20; add++) buckets.add("guesser", window);
  for (let other = 0; other < 99; other++) buckets.add(`other ${other}`, window);
  t.equal(buckets.countOf("guesser"), 20);
  for (let other = 0; other < 1_000; other++) buckets.add(`more ${other}`, window);
  t.equal(buckets.size, 100, "their number is bounded");
  t.equal(buckets.countOf("guesser"), 0);
  t.equal(buckets.share("nobody", 0, window), 0);
  t.equal(buckets.size, 100, "what the store does not have takes no place");
  await clock.advance(window);
  t.strictSame(buckets.counts(), []);
  t.equal(buckets.size, 0);
});

if (noRedis !== false) {
  t.pass(noRedis, { skip: noRedis });
} else {
  const server = await RedisServer.start();
  t.teardown(() => server.stop());
  const instance = async (
    prefix: string,
    windowMs = window,
  ): Promise<{
    readonly throttle: GuessThrottle;
    readonly redis: RedisConnection;
    readonly counts: RedisGuessCounts;
  }> => {
    const redis = await RedisConnection.open({ url: server.url, clock: systemClock, onState: () => undefined });
    const counts = new RedisGuessCounts(redis, prefix);
    const throttle = new GuessThrottle({
      clock: systemClock,
      settings: () => ({ ...defaultGuessing, windowMs }),
      shared: () => counts,
      onBug: (error) => {
        throw error;
      },
    });
    return { throttle, redis, counts };
  };

  await t.test("two instances on one Redis share counts", async (t) => {
    const [left, right] = [await instance("two"), await instance("two")];
    const number = "+4915112345678";
    t.strictSame(await guess(from(left.throttle, number), 5), times(5, "none"));
    t.strictSame(await guess(from(right.throttle, number), 6), [...times(5, "none"), "3000"]);
    t.strictSame(await from(left.throttle, number).check(), { kind: "slowed", delayMs: 3_000 });
    t.strictSame(await guess(from(left.throttle, number), 10), [...times(9, "3000"), "refused"]);
    t.strictSame(await from(right.throttle, number).check(), { kind: "refused" });
    t.strictSame(await from(right.throttle, "+4915112345679").check(), { kind: "none" });
    t.strictSame(left.throttle.state([]).wrong, 21);

    const keys = await left.redis.command("KEYS", "*");
    t.equal(keys.ok && Array.isArray(keys.value) && keys.value.length === 2, true);
    t.notMatch(JSON.stringify(keys), /15112345678|345678/, "no key has a number");
    const ttl = await left.redis.command("PTTL", "{two}:guesses:all");
    t.equal(
      ttl.ok && Number(ttl.value) > window - 60_000 && Number(ttl.value) <= window,
      true,
      "and each expires with its window",
    );
    await Promise.all([left.redis.close(), right.redis.close()]);
  });

  await t.test("many concurrent calls: no more lookups than the limit allows", async (t) => {
    const instances = [await instance("storm"), await instance("storm")];
    const told = await Promise.all(
      Array.from(
        { length: 200 },
        async (_, call) =>
          await from(
            (instances[call % 2] ?? instances[0])?.throttle ?? memoryThrottle(systemClock),
            "+4915112345678",
          ).count(),
      ),
    );
    t.equal(told.filter(({ kind }) => kind !== "refused").length, 20);
    for (const { redis } of instances) await redis.close();
  });

  await t.test("valid PINs are subtracted, and an expired count does not start below zero", async (t) => {
    const { throttle, redis, counts } = await instance("back");
    const caller = from(throttle, "+4915112345678");
    await caller.count();
    caller.takeBack();
    await counts.takeBack(["all"]);
    t.same(await counts.read(["all"]), { ok: true, value: [0] });
    t.same(await counts.read(["nothing"]), { ok: true, value: [0] });
    await redis.close();
  });

  await t.test("without Redis each instance keeps counting, and loses nothing when Redis is back", async (t) => {
    const { throttle, redis } = await instance("away");
    const caller = from(throttle, "+4915112345678");
    t.strictSame(await guess(caller, 4), times(4, "none"));
    await server.down("SIGKILL");
    t.strictSame(await guess(caller, 7), [...times(6, "none"), "3000"]);
    t.strictSame(await caller.check(), { kind: "slowed", delayMs: 3_000 });
    caller.takeBack();
    await settle();
    await server.up();
    for (let wait = 0; wait < 100 && redis.fault !== undefined; wait++) await sleep(systemClock, 50);
    t.strictSame(await guess(caller, 1), ["3000"], "Redis has four, this instance ten");
    await redis.close();
  });

  await t.test("a count expires with its window", async (t) => {
    const { throttle, redis } = await instance("short", 300);
    const caller = from(throttle, "+4915112345678");
    t.strictSame(await guess(caller, 11), [...times(10, "none"), "3000"]);
    await sleep(systemClock, 400);
    t.strictSame(await caller.check(), { kind: "none" });
    await redis.close();
  });
}
