import t from "tap";

import { Reception } from "../../../src/softphone/rtp/reception.js";

const frame = 160;

/** Packets of 20 ms of one sender, sent on time; `delayMs` is the network delay of each. */
function arriving(
  reception: Reception,
  numbers: readonly number[],
  delayMs: (n: number) => number = () => 0,
  from = { sequence: 0, timestamp: 0, ssrc: 1 },
): void {
  for (const n of numbers) {
    reception.packet(from.ssrc, (from.sequence + n) & 0xffff, (from.timestamp + n * frame) >>> 0, n * 20 + delayMs(n));
  }
}

function upTo(count: number, except: readonly number[] = []): number[] {
  return Array.from({ length: count }, (_, n) => n).filter((n) => !except.includes(n));
}

await t.test("jitter of RFC 3550", (t) => {
  const even = new Reception();
  arriving(even, upTo(50));
  t.same([even.jitterMs, even.lost, even.longestGapMs], [0, 0, 20]);

  const uneven = new Reception();
  arriving(uneven, upTo(500), (n) => (n % 2) * 8);
  t.ok(Math.abs(uneven.jitterMs - 8) < 0.01, "every packet 8 ms off the one before");
  t.equal(uneven.longestGapMs, 28);

  const once = new Reception();
  arriving(once, [0, 1]);
  once.packet(1, 2, 2 * frame, 2 * 20 + 32);
  t.equal(once.jitterMs, 2, "a sixteenth of 32 ms");
  t.end();
});

await t.test("jitter and gaps by the timestamps, not by the count of packets", (t) => {
  const lossy = new Reception();
  arriving(lossy, upTo(100, [10, 11, 50]));
  t.same([lossy.jitterMs, lossy.lost, lossy.longestGapMs], [0, 3, 60], "a lost packet is not jitter");

  const wrapping = new Reception();
  arriving(wrapping, upTo(50), () => 0, { ssrc: 1, sequence: 0xfff0, timestamp: 0xffff_ff00 });
  t.same([wrapping.jitterMs, wrapping.lost], [0, 0], "sequence numbers and timestamps run round");

  const digit = new Reception();
  arriving(digit, upTo(10));
  for (let n = 10; n < 20; n++) digit.packet(1, n, 10 * frame, n * 20);
  arriving(digit, upTo(30).slice(20));
  t.same([digit.jitterMs, digit.lost], [0, 0], "the packets of a key share one timestamp");
  t.end();
});

await t.test("a timestamp restart, as when FreeSWITCH bridges, is not jitter", (t) => {
  const bridged = new Reception();
  arriving(bridged, upTo(100));
  const from = { ssrc: 1, sequence: 0, timestamp: 2_000_000_000 };
  arriving(bridged, upTo(200).slice(100), () => 0, from);
  t.same([bridged.jitterMs, bridged.lost, bridged.longestGapMs], [0, 0, 20]);
  arriving(bridged, upTo(400).slice(200), (n) => (n % 2) * 8, from);
  t.ok(Math.abs(bridged.jitterMs - 8) < 0.01, "what comes after is measured");
  t.end();
});

await t.test("late packets are not lost, and a new sender is not a loss", (t) => {
  const late = new Reception();
  arriving(late, [0, 1, 3]);
  t.equal(late.lost, 1);
  arriving(late, [2]);
  t.equal(late.lost, 0);

  const other = new Reception();
  arriving(other, upTo(5));
  arriving(other, upTo(5), () => 500, { ssrc: 2, sequence: 40_000, timestamp: 123 });
  t.same([other.lost, other.jitterMs], [0, 0]);

  const again = new Reception();
  arriving(again, upTo(5));
  arriving(again, upTo(5), () => 500, { ssrc: 1, sequence: 20_000, timestamp: 99 });
  t.same([again.lost, again.jitterMs], [0, 0], "a restart without a new SSRC");
  t.end();
});
