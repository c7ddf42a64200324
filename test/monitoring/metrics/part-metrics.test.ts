import { Registry } from "prom-client";
import t from "tap";

import { addPartMetrics } from "../../../src/monitoring/metrics/part-metrics.js";
import { CallBoard } from "../../../src/monitoring/status/call-board.js";
import type { StoreState } from "../../../src/monitoring/status/components.js";
import { fakeParts } from "../status/support/fake-parts.js";
import { readSamples, sumOf } from "./exposition.js";

await t.test("the store metric is absent without a store, and shows its availability", async (t) => {
  let store: StoreState = { kind: "none", fault: undefined, trouble: undefined };
  const registry = new Registry();
  addPartMetrics(registry, () => ({ ...fakeParts(), store }), new CallBoard(() => 0), "0.0.0");
  const up = async (): Promise<number | undefined> => sumOf(readSamples(await registry.metrics()), "einwahl_store_up");

  t.equal(await up(), undefined, "no store, nothing to alert of");
  store = { kind: "redis", fault: "ECONNREFUSED", trouble: undefined };
  t.equal(await up(), 0);
  store = { kind: "redis", fault: undefined, trouble: undefined };
  t.equal(await up(), 1);
  store = { kind: "none", fault: undefined, trouble: undefined };
  t.equal(await up(), undefined, "nor after a reload");
});
