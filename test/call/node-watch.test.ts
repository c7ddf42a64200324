import t from "tap";

import { NodeWatch } from "../../src/call/node-watch.js";
import { FakeClock } from "../support/fake-clock.js";
import { fakeNode } from "../support/fake-directory.js";

type Answer = "answers" | "silent" | "unknown";

class Bench {
  readonly clock = new FakeClock();
  readonly asked: number[] = [];
  answer: Answer = "answers";
  packets: number | undefined = 1;
  isFlowing = true;
  learnt = 0;
  abandonedAt: number | undefined;
  readonly watch = new NodeWatch({
    clock: this.clock,
    node: fakeNode("bbb-1"),
    bridge: {
      receivedPackets: async () => {
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
    },
    onBug: (error) => {
      throw error;
    },
  });
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
