import t from "tap";

import { NodeLegs } from "../../src/call/node-legs.js";
import { NodeWatch } from "../../src/call/node-watch.js";
import { FakeClock } from "../support/fake-clock.js";
import { fakeNode } from "../support/fake-directory.js";

type Answer = "answers" | "silent" | "unknown";

class Bench {
  readonly clock: FakeClock;
  readonly legs: NodeLegs;
  readonly asked: number[] = [];
  answer: Answer = "answers";
  packets: number | undefined = 1;
  isFlowing = true;
  learnt = 0;
  looks = 0;
  abandonedAt: number | undefined;
  readonly watch: NodeWatch;

  /** @param first another leg to the same BBB server */
  constructor(first?: Bench) {
    this.clock = first?.clock ?? new FakeClock();
    this.legs = first?.legs ?? new NodeLegs();
    this.watch = this.#watch();
  }

  #watch(): NodeWatch {
    return new NodeWatch({
      clock: this.clock,
      node: fakeNode("bbb-1"),
      bridge: {
        receivedPackets: async () => {
          this.looks += 1;
          if (this.isFlowing && this.packets !== undefined) this.packets += 50;
          return await Promise.resolve(this.packets);
        },
        abandon: () => {
          this.abandonedAt = this.clock.now();
        },
      },
      nodes: {
        learn: () => {
          this.learnt += 1;
        },
        ask: async () => {
          this.asked.push(this.clock.now());
          return await Promise.resolve(this.answer);
        },
        join: (node, onAlarm) => this.legs.join(node, onAlarm),
      },
      onBug: (error) => {
        throw error;
      },
    });
  }
}

await t.test("a dead BBB server is left within 3 s: no RTP, no response to the probe", async (t) => {
  const bench = new Bench();
  await bench.clock.advance(60_000);
  t.strictSame(bench.asked, [], "not asked while RTP comes");
  t.equal(bench.learnt, 61, "at the beginning, and then with each look");
  bench.isFlowing = false;
  bench.answer = "silent";
  await bench.clock.advance(10_000);
  t.strictSame(bench.asked, [61_000], "asked once; the probe takes a second");
  t.equal(bench.abandonedAt, 61_000);
  t.equal(bench.clock.pending, 0);
});

await t.test(
  "a BBB server without RTP that answers the probe is not left: hold, restart of the conference, network faults",
  async (t) => {
    const bench = new Bench();
    await bench.clock.advance(5_000);
    bench.isFlowing = false;
    await bench.clock.advance(120_000);
    t.equal(bench.abandonedAt, undefined);
    t.strictSame(
      bench.asked.map((at) => at - 6_000),
      [0, 5_000, 15_000, 35_000, 65_000, 95_000],
      "asked less and less often",
    );
    bench.answer = "silent";
    await bench.clock.advance(30_000);
    t.ok(bench.abandonedAt !== undefined, "and left when it dies meanwhile");
  },
);

await t.test("an unknown probe result is not a reason to leave", async (t) => {
  const bench = new Bench();
  await bench.clock.advance(2_000);
  bench.isFlowing = false;
  bench.answer = "unknown";
  await bench.clock.advance(60_000);
  t.equal(bench.abandonedAt, undefined, "a node that can't be asked from here");
  bench.packets = undefined;
  bench.answer = "silent";
  await bench.clock.advance(60_000);
  t.equal(bench.abandonedAt, undefined, "no word about the packets");
  bench.watch.stop();
  t.equal(bench.clock.pending, 0);
});

await t.test(
  "of several legs to a BBB server one is looked at each second, and its silence alarms the others",
  async (t) => {
    const sentry = new Bench();
    const others = Array.from({ length: 3 }, () => new Bench(sentry));
    const all = [sentry, ...others];
    await sentry.clock.advance(60_000);
    t.equal(sentry.looks, 60);
    t.ok(
      others.every(({ looks }) => looks <= 12),
      "every 5 s",
    );
    const diedAt = sentry.clock.now();
    for (const bench of all) {
      bench.isFlowing = false;
      bench.answer = "silent";
    }
    await sentry.clock.advance(10_000);
    for (const { abandonedAt } of all)
      t.ok(abandonedAt !== undefined && abandonedAt - diedAt <= 2_000, "left within 2 s and the time of a probe");
    t.equal(sentry.clock.pending, 0);
  },
);

await t.test("the silence of one leg ends no other one", async (t) => {
  const held = new Bench();
  const other = new Bench(held);
  await held.clock.advance(10_000);
  held.isFlowing = false;
  other.answer = "silent";
  await held.clock.advance(5_000);
  t.equal(held.abandonedAt, undefined, "the server answers: its leg is on hold");
  t.strictSame(other.asked, [], "the other one has RTP, and its server is not probed");
  const before = other.looks;
  await held.clock.advance(60_000);
  t.ok(other.looks - before >= 59, "it is the sentry now");
  other.isFlowing = false;
  const diedAt = held.clock.now();
  await held.clock.advance(3_000);
  t.ok((other.abandonedAt ?? Infinity) - diedAt <= 2_000, "and is left when the server dies");
});

await t.test("a leg takes over when the sentry leaves; legs to other servers are not alarmed", (t) => {
  const legs = new NodeLegs();
  const alarmed: string[] = [];
  const join = (name: string, host: string) =>
    legs.join({ ...fakeNode("bbb-1"), host }, () => {
      alarmed.push(name);
    });
  const [a, b, c] = [join("a", "one"), join("b", "one"), join("c", "two")];
  t.strictSame([a.isSentry, b.isSentry, c.isSentry], [true, false, true]);
  a.alarm();
  t.strictSame(alarmed, ["b"]);
  a.leave();
  t.strictSame([a.isSentry, b.isSentry], [false, true]);
  a.stepBack();
  t.notOk(a.isSentry, "it is not back");
  b.stepBack();
  t.ok(b.isSentry, "the only one");
  t.end();
});
