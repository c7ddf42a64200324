import { Counter, Gauge, type Registry } from "prom-client";

import { type SyntheticRecord, syntheticStages } from "../../probe/synthetic/synthetic-result.js";
import { guessScopes } from "../../store/guess-throttle.js";
import { warningsOf } from "../status/build-status.js";
import type { CallBoard } from "../status/call-board.js";
import type { Components } from "../status/components.js";
import { healthOf } from "../status/health.js";
import { warningCodes } from "../status/status-report.js";
import { type AddGauge, addLoadMetrics, type Values } from "./load-metrics.js";

/**
 * Drops series of components that a reload removed. prom-client's `reset()` alone leaves a 0 for a metric without
 * labels: an absent store would be reported as down.
 */
function forgetSamples(metric: Pick<Gauge, "reset" | "remove">): void {
  metric.reset();
  metric.remove({});
}

/** Gauges and counters of the components, read at scrape time. */
export function addPartMetrics(
  registry: Registry,
  partsNow: () => Components,
  board: CallBoard,
  version: string,
): void {
  const gauge: AddGauge = (name, help, labelNames, values) => {
    new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers: [registry],
      collect() {
        forgetSamples(this);
        for (const [labels, value] of values(partsNow())) this.set(labels, value);
      },
    });
  };
  /** A total that a component counts. */
  const counter = (
    name: string,
    help: string,
    labelNames: readonly string[],
    values: (parts: Components) => Values,
  ): void => {
    new Counter({
      name,
      help,
      labelNames: [...labelNames],
      registers: [registry],
      collect() {
        forgetSamples(this);
        for (const [labels, value] of values(partsNow())) this.inc(labels, value);
      },
    });
  };
  const one =
    (value: (parts: Components) => number) =>
    (parts: Components): Values => [[{}, value(parts)]];

  gauge("einwahl_build_info", "Version of this instance; always 1.", ["version"], () => [[{ version }, 1]]);
  gauge(
    "einwahl_ready",
    "1 if a call can be carried to a conference now.",
    [],
    one((parts) => flag(healthOf(parts).state !== "not-ready")),
  );
  gauge(
    "einwahl_full",
    "1 if calls.max_concurrent or the capacity of all media servers is reached, or all are overloaded.",
    [],
    one((parts) => flag(healthOf(parts).state === "full")),
  );
  gauge(
    "einwahl_draining",
    "1 while shutting down: no new calls are accepted.",
    [],
    one(({ isDraining }) => flag(isDraining)),
  );
  gauge(
    "einwahl_calls_admitted",
    "Calls in progress that count against einwahl_calls_limit.",
    [],
    one(({ admittedCalls }) => admittedCalls),
  );
  gauge(
    "einwahl_calls_limit",
    "Maximum number of concurrent calls (calls.max_concurrent).",
    [],
    one(({ config }) => config.calls.maxConcurrent),
  );
  gauge(
    "einwahl_drachtio_up",
    "1 if the connection to drachtio-server is up.",
    [],
    one(({ signalling }) => flag(signalling.state === "connected")),
  );
  gauge("einwahl_store_up", "1 if the store of reserved PINs is available; absent without a store.", [], ({ store }) =>
    store.kind === "none" ? [] : [[{}, flag(store.fault === undefined)]],
  );

  gauge(
    "einwahl_wrong_pins",
    "Wrong PINs of all callers within calls.guessing.window; summed over instances that share a Redis.",
    [],
    one(({ guesses }) => guesses.wrong),
  );
  gauge(
    "einwahl_wrong_pins_limit",
    "Wrong PINs from which every PIN lookup is delayed (calls.guessing.all.slow).",
    [],
    one(({ config }) => config.calls.guessing.limits.all.slowed),
  );
  gauge(
    "einwahl_pin_throttles",
    "Wrong-PIN limits in force, by scope (caller number, withheld callers of a trunk, all callers) and action.",
    ["scope", "action"],
    ({ guesses }) =>
      guessScopes.flatMap((scope) =>
        (["slowed", "refused"] as const).map(
          (action) => [{ scope, action }, guesses.restrained[scope][action]] as const,
        ),
      ),
  );
  gauge(
    "einwahl_instances",
    "Living instances that share a Redis, with this one; absent without Redis.",
    [],
    ({ instances }) => (instances === undefined ? [] : [[{}, instances.length]]),
  );
  gauge(
    "einwahl_log_up",
    "1 if the log can be written.",
    [],
    one(({ logFault }) => flag(logFault === undefined)),
  );
  gauge(
    "einwahl_warnings",
    "Configured exceptions to encryption, by kind; /status names the trunk or server.",
    ["code"],
    (parts) => {
      const codes = warningsOf(parts).map(({ code }) => code);
      return warningCodes.map((code) => [{ code }, codes.filter((each) => each === code).length]);
    },
  );

  const lines =
    (value: (line: Components["trunks"][number]) => number) =>
    (parts: Components): Values =>
      parts.trunks.map((line) => [{ trunk: line.name }, value(line)]);
  gauge(
    "einwahl_trunk_up",
    "1 if the trunk can deliver calls.",
    ["trunk"],
    lines(({ fault }) => flag(fault === undefined)),
  );
  gauge(
    "einwahl_trunk_registered",
    "1 if the trunk is registered; absent for a trunk without registration, or that another instance registers.",
    ["trunk"],
    ({ config, trunks: all }) =>
      config.trunks
        .filter(
          ({ name, registration }) =>
            registration !== undefined && all.find((line) => line.name === name)?.registeredBy === undefined,
        )
        .map(({ name }) => [
          { trunk: name },
          flag(all.some((line) => line.name === name && line.registrationState?.kind === "registered")),
        ]),
  );
  gauge(
    "einwahl_trunk_calls",
    "Calls in progress over the trunk.",
    ["trunk"],
    lines(({ name }) => board.callsOver(name)),
  );

  const media =
    (value: (server: Components["mediaServers"][number]) => number) =>
    (parts: Components): Values =>
      parts.mediaServers.map((server) => [{ media_server: server.name }, value(server)]);
  gauge(
    "einwahl_media_server_up",
    "1 if the media server is connected and usable.",
    ["media_server"],
    media(({ state }) => flag(state.kind === "up")),
  );
  gauge(
    "einwahl_media_server_channels",
    "Channels of calls on the media server.",
    ["media_server"],
    media(({ channels }) => channels),
  );
  gauge(
    "einwahl_media_server_channels_limit",
    "Maximum number of channels on the media server (media_servers.capacity).",
    ["media_server"],
    media(({ capacity }) => capacity),
  );
  addLoadMetrics(gauge);

  const synthetic =
    (values: (record: SyntheticRecord) => Values) =>
    (parts: Components): Values =>
      (parts.syntheticCalls ?? []).flatMap((record) =>
        values(record).map(([labels, value]) => [{ server: record.server, ...labels }, value] as const),
      );
  counter(
    "einwahl_synthetic_calls_total",
    "Completed synthetic calls by result; ok: two test phones heard each other in a conference on the BBB server.",
    ["server", "result"],
    synthetic(({ ok, failed }) => [
      [{ result: "ok" }, ok],
      [{ result: "failed" }, [...failed.values()].reduce((sum, count) => sum + count, 0)],
    ]),
  );
  counter(
    "einwahl_synthetic_call_failures_total",
    "Failed synthetic calls, by the step that failed.",
    ["server", "step"],
    synthetic(({ failed }) => syntheticStages.map((step) => [{ step }, failed.get(step) ?? 0])),
  );
  gauge(
    "einwahl_synthetic_call_success",
    "1 if the last synthetic call succeeded; absent before the first one.",
    ["server"],
    synthetic(({ last }) => (last === undefined ? [] : [[{}, flag(last.failure === undefined)]])),
  );
  gauge(
    "einwahl_synthetic_call_timestamp_seconds",
    "Unix time at which the last synthetic call ended; absent before the first one.",
    ["server"],
    synthetic(({ last }) => (last === undefined ? [] : [[{}, last.at / 1_000]])),
  );
  gauge(
    "einwahl_synthetic_call_duration_seconds",
    "Time of the last synthetic call from dialling until answered, heard (both phones heard each other) and over; absent for a step not reached.",
    ["server", "until"],
    synthetic(({ last }) =>
      (
        [
          ["answered", last?.answeredMs],
          ["heard", last?.heardMs],
          ["over", last?.totalMs],
        ] as const
      ).flatMap(([until, ms]): Values => (ms === undefined ? [] : [[{ until }, ms / 1_000]])),
    ),
  );

  const servers =
    (value: (server: Components["bbbServers"][number]) => number | undefined) =>
    (parts: Components): Values =>
      parts.bbbServers.flatMap((server) => {
        const known = value(server);
        return known === undefined ? [] : [[{ server: server.name }, known]];
      });
  gauge(
    "einwahl_bbb_up",
    "1 if the BBB server answers API polls.",
    ["server"],
    servers(({ answers }) => flag(answers)),
  );
  gauge(
    "einwahl_bbb_poll_age_seconds",
    "Age of the last successful API poll; absent before the first one.",
    ["server"],
    servers(({ state }) => seconds(state.ageMs)),
  );
  counter(
    "einwahl_bbb_polls_total",
    "API polls (getMeetings) sent to the BBB server.",
    ["server"],
    servers(({ state }) => state.polls),
  );
  counter(
    "einwahl_bbb_poll_failures_total",
    "API polls (getMeetings) that failed.",
    ["server"],
    servers(({ state }) => state.failedPolls),
  );
  gauge(
    "einwahl_bbb_poll_duration_seconds",
    "Duration of the last successful API poll; absent before the first one.",
    ["server"],
    servers(({ state }) => seconds(state.lastAnswerMs)),
  );
  gauge(
    "einwahl_bbb_webhook_age_seconds",
    "Age of the last webhook with a valid checksum; absent before the first one.",
    ["server"],
    servers(({ state }) => seconds(state.webhooks.ageMs)),
  );
  counter(
    "einwahl_bbb_webhooks_refused_total",
    "Webhooks with an invalid checksum.",
    ["server"],
    servers(({ state }) => state.webhooks.refused),
  );
  gauge(
    "einwahl_bbb_pin_clashes",
    "PINs of the BBB server that another BBB server uses, too.",
    ["server"],
    servers(({ state }) => state.clashes),
  );
  gauge(
    "einwahl_bbb_livekit_route_missing",
    "1 if the last call to a LiveKit meeting failed because the server's FreeSWITCH has no route to LiveKit.",
    ["server"],
    servers(({ state }) => (state.livekitWay === "missing" ? 1 : 0)),
  );
  gauge(
    "einwahl_bbb_meetings",
    "Running meetings in the last successful API poll.",
    ["server"],
    servers(({ state }) => state.meetings),
  );
  gauge(
    "einwahl_bbb_calls",
    "Calls of this instance in conferences of the BBB server.",
    ["server"],
    servers(({ name }) => board.callersOn(name)),
  );
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1_000;
}

function flag(is: boolean): number {
  return is ? 1 : 0;
}
