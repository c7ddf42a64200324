import t from "tap";

import { mixWithoutSelf } from "../../../src/simulators/bbb/mixer.js";
import { PlayoutBuffer } from "../../../src/simulators/bbb/playout-buffer.js";

const frame = (...samples: number[]): Int16Array => Int16Array.from(samples);
const asLists = (frames: Int16Array[]): number[][] => frames.map((each) => [...each]);

await t.test("each hears all others and the browser, but not itself", (t) => {
  t.strictSame(asLists(mixWithoutSelf([frame(1, 2), frame(10, 20), frame(100, 200)], [frame(1000, 2000)], 2)), [
    [1110, 2220],
    [1101, 2202],
    [1011, 2022],
  ]);
  t.end();
});

await t.test("a silent member hears all others, and a short frame is padded with silence", (t) => {
  t.strictSame(asLists(mixWithoutSelf([undefined, frame(5)], [], 2)), [
    [5, 0],
    [0, 0],
  ]);
  t.end();
});

await t.test("the sum saturates at 16 bits, after removing the member's own audio", (t) => {
  t.strictSame(
    asLists(mixWithoutSelf([frame(30_000, -30_000), frame(30_000, -30_000), frame(10_000, -10_000)], [], 2)),
    [
      [32_767, -32_768],
      [32_767, -32_768],
      [32_767, -32_768],
    ],
  );
  t.strictSame(asLists(mixWithoutSelf([frame(30_000), frame(30_000)], [], 1)), [[30_000], [30_000]]);
  t.end();
});

await t.test("an empty conference", (t) => {
  t.strictSame(mixWithoutSelf([], [frame(1)], 1), []);
  t.end();
});

await t.test("playout: buffers frames, then plays one by one, and buffers again after an underrun", (t) => {
  const buffer = new PlayoutBuffer(2, 4);
  buffer.push(frame(1));
  t.equal(buffer.next(), undefined);
  buffer.push(frame(2));
  t.strictSame(buffer.next(), frame(1));
  t.strictSame(buffer.next(), frame(2));
  t.equal(buffer.next(), undefined);
  buffer.push(frame(3));
  t.equal(buffer.next(), undefined, "one is not enough after it ran dry");
  buffer.push(frame(4));
  t.strictSame(buffer.next(), frame(3));
  t.end();
});

await t.test("playout: an overflow keeps only the newest frames", (t) => {
  const buffer = new PlayoutBuffer(2, 4);
  for (let i = 1; i <= 5; i++) buffer.push(frame(i));
  t.strictSame(buffer.next(), frame(4));
  t.strictSame(buffer.next(), frame(5));
  t.equal(buffer.next(), undefined);
  t.end();
});
