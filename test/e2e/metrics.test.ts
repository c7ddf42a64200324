import { spawnSync } from "node:child_process";

import t from "tap";

import { endCauses } from "../../src/call/cause.js";
import { stages } from "../../src/call/progress.js";
import { statusReport, warningCodes } from "../../src/monitoring/status/status-report.js";
import { guessScopes } from "../../src/store/guess-throttle.js";
import { readSamples, type Sample, sumOf } from "../monitoring/metrics/exposition.js";
import { missingPrograms } from "./support/missing-programs.js";
import { conferences, numbers, World } from "./support/world.js";

const caller = "+4915223125678";
const wrongPin = "99911";

/** Each label with all its possible values: names of the configuration and words of the program. */
const allowed: Readonly<Record<string, readonly string[] | RegExp>> = {
  cause: Object.keys(endCauses),
  code: warningCodes,
  result: ["refused", "caller", "dialogue", "finished", "failed"],
  trunk: ["line", "none"],
  server: ["bbb-1", "bbb-2"],
  media_server: ["media-1"],
  stage: stages,
  outcome: ["open", "not_started", "no_telephone_audio", "unknown", "unavailable"],
  side: ["trunk", "bbb"],
  scope: guessScopes,
  action: ["slowed", "refused"],
  suite:
    /^(AES_CM_(128|192|256)_HMAC_SHA1_(80|32)|AES_(192|256)_CM_HMAC_SHA1_(80|32)|AEAD_AES_(128|256)_GCM(_8)?|none|other)$/,
  route: /^(none|\/(healthz|readyz|metrics|status|)|\/api\/v1\/[a-z/.:-]+(:meetingID)?)$/,
  status: ["2xx", "3xx", "4xx", "5xx"],
  version: /^[0-9]+\.[0-9]+\.[0-9]+$/,
  why: ["cpu", "slow"],
  le: /^([0-9.]+|\+Inf)$/,
};

function strayLabels(samples: readonly Sample[]): string[] {
  return samples.flatMap(({ name, labels }) =>
    Object.entries(labels).flatMap(([label, value]) => {
      const known = allowed[label];
      const isAllowed = known !== undefined && (known instanceof RegExp ? known.test(value) : known.includes(value));
      return isAllowed ? [] : [`${name} ${label}="${value}"`];
    }),
  );
}

await t.test("metrics of calls with every value that callers control", async (t) => {
  const world = await World.start(t);
  const phone = await world.phone();
  const url = `http://127.0.0.1:${world.einwahl.operatorsPort}`;
  const publicUrl = `http://127.0.0.1:${world.einwahl.httpPort}`;
  const read = async (): Promise<string> => {
    const response = await fetch(`${url}/metrics`);
    t.equal(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    return await response.text();
  };
  const before = readSamples(await read());
  t.equal(sumOf(before, "einwahl_ready"), 1);
  t.equal(sumOf(before, "einwahl_trunk_up", { trunk: "line" }), 1);
  t.equal(sumOf(before, "einwahl_bbb_up"), 2);
  t.equal(sumOf(before, "einwahl_bbb_meetings"), 2);
  t.ok((sumOf(before, "einwahl_bbb_polls_total") ?? 0) >= 2);
  t.equal(sumOf(before, "einwahl_bbb_poll_failures_total"), 0);
  t.equal(sumOf(before, "einwahl_media_server_up", { media_server: "media-1" }), 1);
  t.equal(
    sumOf(before, "einwahl_calls_total", { trunk: "line", cause: "media-lost" }),
    0,
    "present before the first call, so that rates include it",
  );

  // Refused, with a caller's number and a called number that must not become labels. No carrier delivers such a call.
  const refused = world.reports.next("the refused call's report", ({ cause }) => cause === "unknown-number", {
    ms: 30_000,
  });
  const unknown = await phone.dial({ uri: world.sipUri(numbers.unknown), number: '"} 1\neinwahl_ready{x="' });
  unknown.answered.catch(() => undefined);
  await refused;

  const report = world.reports.next("the call's report", ({ cause }) => cause === "caller-hung-up", { ms: 60_000 });
  const call = await phone.dial({
    ...world.line(),
    number: caller,
    headers: [["P-Asserted-Identity", `"${caller}\\"} 1" <sip:${caller}@127.0.0.1>`]],
  });
  await call.answered;
  const { pin } = conferences[1];
  const wrong = world.log.next("the wrong PIN has been looked up", (line) => /"outcome":"unknown"/.test(line), {
    ms: 30_000,
  });
  await call.sendDigits(`${wrongPin}#`);
  await wrong;
  const arrival = world.bbbs[1].waitForMember(pin, 30_000);
  const talking = world.stages.next("stage talking", ({ stage }) => stage === "talking", { ms: 30_000 });
  await call.sendDigits(`${pin}#`);
  await Promise.all([arrival, talking]);
  // Paths requested by front ends are not labels; only route names are.
  await fetch(`${publicUrl}/api/v1/rooms/${caller}-${pin}`);
  await fetch(`${publicUrl}/${caller}`);
  await fetch(`${publicUrl}/?pin=${pin}`);
  const during = readSamples(await read());
  t.equal(sumOf(during, "einwahl_calls", { stage: "talking" }), 1);
  t.equal(sumOf(during, "einwahl_trunk_calls", { trunk: "line" }), 1);
  t.equal(sumOf(during, "einwahl_bbb_calls", { server: "bbb-2" }), 1);
  t.equal(sumOf(during, "einwahl_calls_admitted"), 1);
  const status = await fetch(`${url}/status`, { headers: { accept: "application/json" } });
  const told = await status.text();
  const { calls, bbbServers } = statusReport.parse(JSON.parse(told));
  t.match(calls, { now: 1, admitted: 1, byStage: { talking: 1 } });
  t.match(bbbServers, [
    { name: "bbb-1", callers: 0, meetings: 1 },
    { name: "bbb-2", callers: 1, meetings: 1 },
  ]);
  const page = await (await fetch(`${url}/status`)).text();
  t.match(page, "1 von höchstens 100");
  await call.hangUp();
  const { srtp } = await report;

  const text = await read();
  const samples = readSamples(text);
  t.equal(sumOf(samples, "einwahl_calls"), 0);
  t.equal(sumOf(samples, "einwahl_calls_total"), 2);
  t.equal(sumOf(samples, "einwahl_calls_total", { cause: "unknown-number", result: "refused" }), 1);
  t.equal(sumOf(samples, "einwahl_calls_total", { cause: "caller-hung-up", result: "caller", trunk: "line" }), 1);
  t.equal(sumOf(samples, "einwahl_bbb_calls_total", { server: "bbb-2", result: "caller" }), 1);
  t.equal(sumOf(samples, "einwahl_pin_lookups_total", { outcome: "unknown" }), 1);
  t.equal(sumOf(samples, "einwahl_pin_lookups_total", { outcome: "open" }), 1);
  t.equal(sumOf(samples, "einwahl_call_stage_duration_seconds_count", { stage: "talking" }), 1);
  t.equal(sumOf(samples, "einwahl_call_legs_total", { side: "trunk", suite: srtp.trunk ?? "" }), 1);
  t.equal(sumOf(samples, "einwahl_call_legs_total", { side: "bbb", suite: srtp.bbb ?? "" }), 1);
  t.equal(
    sumOf(samples, "einwahl_http_requests_total", { route: "none", status: "4xx" }),
    2,
    "without tokens the routes for rooms do not exist",
  );

  t.strictSame(strayLabels(samples), [], "no label has a value chosen from outside");
  for (const secret of [
    caller,
    caller.slice(1),
    caller.slice(-4),
    wrongPin,
    pin,
    "einwahl_ready{x",
    "Staff",
    "Lecture",
  ]) {
    for (const each of [text, told, page]) t.notOk(each.includes(secret), `nothing holds ${secret}`);
  }
  t.ok(samples.length < 400, `${samples.length} samples`);

  const missing = missingPrograms("promtool");
  if (missing !== false) t.pass(missing, { skip: missing });
  else
    t.match(
      spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" }),
      { status: 0, stdout: "", stderr: "" },
      "in Prometheus' format",
    );
});
