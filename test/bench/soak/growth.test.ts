import t from "tap";

import { growth } from "./growth.js";
import type { Sample } from "./sample.js";

const three = { einwahl: 0, freeswitch: 0, drachtio: 0 };

function sample(calls: number, heapUsed?: number): Sample {
  return {
    seconds: 0,
    calls,
    failed: 0,
    joined: calls,
    current: 0,
    rss: three,
    cpuMs: three,
    delayMs: { p50: 0, p99: 0, max: 0 },
    ...(heapUsed !== undefined && { kept: { heapUsed, external: 0, rss: 0 } }),
  };
}

const heap = ({ heapUsed }: NonNullable<Sample["kept"]>): number => heapUsed;

await t.test("growth is between the medians of five samples after the first calls and of the last five", (t) => {
  const early = [50, 51, 900, 52, 53].map((used, index) => sample(5_000 + index, used));
  const late = [60, 61, 62, 0, 63].map((used, index) => sample(90_000 + index, used));
  const samples = [sample(0, 10), sample(4_999, 20), ...early, sample(40_000), ...late];
  t.strictSame(growth(samples, heap, 5_000), { early: 52, late: 61, grown: 9 });
  t.end();
});

await t.test("too few samples tell nothing", (t) => {
  const samples = Array.from({ length: 9 }, (_, index) => sample(5_000 + index, 50));
  t.equal(growth([...samples, sample(6_000)], heap, 5_000), undefined);
  t.end();
});
