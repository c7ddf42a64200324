import { Counter, Gauge, type Registry } from "prom-client";

import { type SyntheticRecord, syntheticStages } from "../../probe/synthetic/synthetic-result.js";
import { guessScopes } from "../../store/guess-throttle.js";
import { warningsOf } from "../status/build-status.js";
import type { CallBoard } from "../status/call-board.js";
import { healthOf } from "../status/health.js";
import type { Parts } from "../status/parts.js";
import { warningCodes } from "../status/status-report.js";

type Values = readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[];

/**
 * What a reload has taken out of the configuration is not exported any more. prom-client's `reset()` leaves a 0 where a metric
 * has no labels: an absent store would be one that is down.
 */
function forgetSamples(metric: Pick<Gauge, "reset" | "remove">): void {
  metric.reset();
  metric.remove({});
}

/** What the parts of einwahl are like, looked up when Prometheus asks. */
export function addPartMetrics(registry: Registry, partsNow: () => Parts, board: CallBoard, version: string): void {
  const gauge = (name: string, help: string, labelNames: readonly string[], values: (parts: Parts) => Values): void => {
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
  /** What somebody else has counted. */
  const counter = (
    name: string,
    help: string,
    labelNames: readonly string[],
    values: (parts: Parts) => Values,
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
    (value: (parts: Parts) => number) =>
    (parts: Parts): Values => [[{}, value(parts)]];

  gauge("einwahl_build_info", "The running version.", ["version"], () => [[{ version }, 1]]);
  gauge(
    "einwahl_ready",
    "1 while a call would work.",
    [],
    one((parts) => flag(healthOf(parts).state !== "not-ready")),
  );
  gauge(
    "einwahl_loaded",
    "1 while there is no place for one more call.",
    [],
    one((parts) => flag(healthOf(parts).state === "loaded")),
  );
  gauge(
    "einwahl_draining",
    "1 while no new calls are taken.",
    [],
    one(({ isDraining }) => flag(isDraining)),
  );
  gauge(
    "einwahl_places_taken",
    "Calls that count against calls.max_concurrent.",
    [],
    one(({ places }) => places),
  );
  gauge(
    "einwahl_places",
    "calls.max_concurrent.",
    [],
    one(({ config }) => config.calls.maxConcurrent),
  );
  gauge(
    "einwahl_drachtio_up",
    "1 while drachtio is connected.",
    [],
    one(({ signalling }) => flag(signalling.state === "connected")),
  );
  gauge("einwahl_store_up", "1 while the store of PINs answers; absent when nothing is kept.", [], ({ store }) =>
    store.kind === "none" ? [] : [[{}, flag(store.fault === undefined)]],
  );

  gauge(
    "einwahl_wrong_pins",
    "Wrong PINs of all callers in calls.guessing.window; of all instances that share a Redis.",
    [],
    one(({ guesses }) => guesses.wrong),
  );
  gauge(
    "einwahl_wrong_pins_limit",
    "calls.guessing.all.slow: from so many on every answer to a PIN comes late.",
    [],
    one(({ config }) => config.calls.guessing.limits.all.slowed),
  );
  gauge(
    "einwahl_guessers",
    "Numbers, trunks (for withheld callers), and 0 or 1 for all callers, that are over their limits of wrong PINs.",
    ["scope", "restraint"],
    ({ guesses }) =>
      guessScopes.flatMap((scope) =>
        (["slowed", "refused"] as const).map(
          (restraint) => [{ scope, restraint }, guesses.restrained[scope][restraint]] as const,
        ),
      ),
  );
  gauge(
    "einwahl_log_up",
    "1 while the log can be written.",
    [],
    one(({ logFault }) => flag(logFault === undefined)),
  );
  gauge(
    "einwahl_warnings",
    "What an operator has allowed although it goes in the open, by kind: see the status page.",
    ["code"],
    (parts) => {
      const codes = warningsOf(parts).map(({ code }) => code);
      return warningCodes.map((code) => [{ code }, codes.filter((each) => each === code).length]);
    },
  );

  const lines =
    (value: (line: Parts["lines"][number]) => number) =>
    (parts: Parts): Values =>
      parts.lines.map((line) => [{ trunk: line.name }, value(line)]);
  gauge(
    "einwahl_trunk_up",
    "1 while calls would come in over the trunk.",
    ["trunk"],
    lines(({ fault }) => flag(fault === undefined)),
  );
  gauge(
    "einwahl_trunk_registered",
    "1 while the trunk is registered; absent for one that does not register.",
    ["trunk"],
    ({ config, lines: all }) =>
      config.trunks
        .filter(({ registration }) => registration !== undefined)
        .map(({ name }) => [
          { trunk: name },
          flag(all.some((line) => line.name === name && line.registrationState?.kind === "registered")),
        ]),
  );
  gauge(
    "einwahl_trunk_calls",
    "Calls over the trunk.",
    ["trunk"],
    lines(({ name }) => board.callsOver(name)),
  );

  const media =
    (value: (server: Parts["mediaServers"][number]) => number) =>
    (parts: Parts): Values =>
      parts.mediaServers.map((server) => [{ media_server: server.name }, value(server)]);
  gauge(
    "einwahl_media_server_up",
    "1 while the media server works.",
    ["media_server"],
    media(({ state }) => flag(state.kind === "up")),
  );
  gauge(
    "einwahl_media_server_channels",
    "Channels of callers on the media server.",
    ["media_server"],
    media(({ channels }) => channels),
  );
  gauge(
    "einwahl_media_server_capacity",
    "How many there may be.",
    ["media_server"],
    media(({ capacity }) => capacity),
  );

  const synthetic =
    (values: (record: SyntheticRecord) => Values) =>
    (parts: Parts): Values =>
      (parts.syntheticCalls ?? []).flatMap((record) =>
        values(record).map(([labels, value]) => [{ server: record.server, ...labels }, value] as const),
      );
  counter(
    "einwahl_synthetic_calls_total",
    "Calls of einwahl to itself that are over, by whether two telephones heard each other in a conference on the BBB server.",
    ["server", "result"],
    synthetic(({ ok, failed }) => [
      [{ result: "ok" }, ok],
      [{ result: "failed" }, [...failed.values()].reduce((sum, count) => sum + count, 0)],
    ]),
  );
  counter(
    "einwahl_synthetic_call_failures_total",
    "Those that failed, by the step that went wrong.",
    ["server", "step"],
    synthetic(({ failed }) => syntheticStages.map((step) => [{ step }, failed.get(step) ?? 0])),
  );
  gauge(
    "einwahl_synthetic_call_ok",
    "1 when the last one worked; absent when there was none.",
    ["server"],
    synthetic(({ last }) => (last === undefined ? [] : [[{}, flag(last.failure === undefined)]])),
  );
  gauge(
    "einwahl_synthetic_call_timestamp_seconds",
    "When the last one was over, in seconds since 1970; absent when there was none.",
    ["server"],
    synthetic(({ last }) => (last === undefined ? [] : [[{}, last.at / 1_000]])),
  );
  gauge(
    "einwahl_synthetic_call_seconds",
    "How long the last one took: from dialling to the answer, until both telephones heard each other, and in all. What it did not get to is absent.",
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
    (value: (server: Parts["bbbServers"][number]) => number | undefined) =>
    (parts: Parts): Values =>
      parts.bbbServers.flatMap((server) => {
        const known = value(server);
        return known === undefined ? [] : [[{ server: server.name }, known]];
      });
  gauge(
    "einwahl_bbb_server_up",
    "1 while the BBB server answers.",
    ["server"],
    servers(({ answers }) => flag(answers)),
  );
  gauge(
    "einwahl_bbb_server_answer_age_seconds",
    "The age of the BBB server's last good answer; absent when there was none.",
    ["server"],
    servers(({ state }) => seconds(state.ageMs)),
  );
  counter(
    "einwahl_bbb_server_questions_total",
    "How often the BBB server was asked for its meetings.",
    ["server"],
    servers(({ state }) => state.questions),
  );
  counter(
    "einwahl_bbb_server_failures_total",
    "How often it did not answer that.",
    ["server"],
    servers(({ state }) => state.failedQuestions),
  );
  gauge(
    "einwahl_bbb_server_answer_seconds",
    "How long the BBB server's last good answer took; absent when there was none.",
    ["server"],
    servers(({ state }) => seconds(state.lastAnswerMs)),
  );
  gauge(
    "einwahl_bbb_server_webhook_age_seconds",
    "The age of the last webhook that proved to be the BBB server's; absent when there was none.",
    ["server"],
    servers(({ state }) => seconds(state.webhooks.ageMs)),
  );
  counter(
    "einwahl_bbb_server_webhooks_refused_total",
    "Webhooks in the BBB server's name whose proof was wrong.",
    ["server"],
    servers(({ state }) => state.webhooks.refused),
  );
  gauge(
    "einwahl_bbb_server_clashes",
    "PINs of the BBB server that another one has too.",
    ["server"],
    servers(({ state }) => state.clashes),
  );
  gauge(
    "einwahl_bbb_server_livekit_way_missing",
    "Whether the last call to a LiveKit meeting found that the server's FreeSWITCH does not hand calls on to LiveKit.",
    ["server"],
    servers(({ state }) => (state.livekitWay === "missing" ? 1 : 0)),
  );
  gauge(
    "einwahl_bbb_server_meetings",
    "Meetings that the BBB server had when it was last asked.",
    ["server"],
    servers(({ state }) => state.meetings),
  );
  gauge(
    "einwahl_bbb_server_callers",
    "Callers of this einwahl in the BBB server's conferences.",
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
