import t from "tap";

import { endCauses, metric } from "./sample.js";

const text = `# HELP nodejs_eventloop_lag_p99_seconds The 99th percentile.
# TYPE nodejs_eventloop_lag_p99_seconds gauge
nodejs_eventloop_lag_p99_seconds 0.0125
einwahl_calls_total{cause="caller-hung-up",result="ok",trunk="line"} 40
einwahl_calls_total{cause="caller-hung-up",result="ok",trunk="other"} 2
einwahl_calls_total{cause="media-unavailable",result="fault",trunk="line"} 1
einwahl_calls_total{cause="max-duration",result="ok",trunk="line"} 0
`;

await t.test("metrics of einwahl", (t) => {
  t.equal(metric(text, "nodejs_eventloop_lag_p99_seconds"), 0.0125);
  t.ok(Number.isNaN(metric(text, "nodejs_eventloop_lag_p99")), "not the beginning of a name");
  t.strictSame(endCauses(text), { "caller-hung-up": 42, "media-unavailable": 1 });
  t.end();
});
