import t from "tap";

import { percentile, percentilesOf, spreadOf } from "./percentiles.js";

await t.test("percentiles are values that occurred, by nearest rank", (t) => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  t.strictSame(percentilesOf(values), { p50: 50, p95: 95, p99: 99 });
  t.strictSame(percentilesOf([7]), { p50: 7, p95: 7, p99: 7 });
  t.equal(percentile([3, 1, 2], 0), 1);
  t.equal(percentilesOf([]), undefined);
  t.strictSame(values.slice(0, 2), [100, 99], "the values stay as they are");
  t.end();
});

await t.test("the spread of runs", (t) => {
  t.strictSame(spreadOf([3, 1, 2]), { min: 1, median: 2, max: 3 });
  t.strictSame(spreadOf([10, 4]), { min: 4, median: 7, max: 10 });
  t.equal(spreadOf([]), undefined);
  t.end();
});
