import type { StatusReport } from "../status/status-report.js";
import { table } from "./table.js";
import type { Style } from "./terminal.js";

type Paint = (style: Style, text: string) => string;

/** Failures that are shown; the page and JSON have more. */
const mostFailures = 8;

/** The status for a terminal. */
export function statusText(report: StatusReport, paint: Paint): string {
  return [
    headline(report, paint),
    ...report.reasons.map((reason) => `  ${paint("bad", reason)}`),
    ...report.warnings.map(({ code, subject }) => `  ${paint("warning", `${code}: ${subject}`)}`),
    "",
    ...section("trunks", report.trunks.map((trunk) => trunkRow(trunk, paint)), paint),
    ...section("engines", engineRows(report, paint), paint),
    ...section("BBB servers", report.bbbServers.map((server) => bbbRow(server, paint)), paint),
    ...section("calls", callRows(report), paint),
    ...section("last failures", failureRows(report), paint),
  ].join("\n").trimEnd();
}

function headline({ state, version, startedAt, at, isDraining }: StatusReport, paint: Paint): string {
  const style = state === "ready" ? "good" : state === "loaded" ? "warning" : "bad";
  const draining = isDraining ? ", takes no new calls" : "";
  return `${paint(style, state)}${draining}; version ${version}, up for ${span(Date.parse(at) - Date.parse(startedAt))}`;
}

function section(name: string, rows: readonly (readonly string[])[], paint: Paint): readonly string[] {
  return rows.length === 0 ? [] : [paint("heading", name), ...table(rows).map((row) => `  ${row}`), ""];
}

function trunkRow(trunk: StatusReport["trunks"][number], paint: Paint): readonly string[] {
  const state = trunk.fault === null ? paint("good", trunk.state) : paint("bad", trunk.fault);
  const where = trunk.registrar ?? "fixed address";
  return [trunk.name, state, `${trunk.provider}, ${where}`, count(trunk.numbers, "number"), count(trunk.calls, "call"), ...trunk.warnings.map((each) => paint("warning", each))];
}

function engineRows({ drachtio, mediaServers, store }: StatusReport, paint: Paint): readonly (readonly string[])[] {
  const version = drachtio.version === null ? "" : `version ${drachtio.version}`;
  return [
    ["drachtio", paint(drachtio.state === "connected" ? "good" : "bad", drachtio.state), version],
    ...mediaServers.map(({ name, state, why, channels, capacity }) => [name, state === "up" ? paint("good", "up") : paint("bad", why ?? "down"), `${channels} of ${capacity} channels`]),
    ...(store.kind === "none" ? [] : [["PINs", store.fault === null ? paint("good", "up") : paint("bad", store.fault), store.kind, ...(store.trouble === null ? [] : [paint("bad", `${time(store.trouble.at)} ${store.trouble.what}`)])]]),
  ];
}

function bbbRow({ name, fault, ageMs, meetings, callers }: StatusReport["bbbServers"][number], paint: Paint): readonly string[] {
  const state = fault === null ? paint("good", "answers") : paint("bad", fault);
  const age = ageMs === null ? "never seen" : `seen ${span(ageMs)} ago`;
  return [name, state, age, count(meetings, "meeting"), count(callers, "caller")];
}

function callRows({ calls, causes }: StatusReport): readonly (readonly string[])[] {
  const stages = Object.entries(calls.byStage).filter(([, now]) => now > 0).map(([stage, now]) => `${now} ${stage}`);
  const ends = causes.map((each) => `${each.count} ${each.cause}`);
  return [
    ["now", `${calls.now} of ${calls.max}`, stages.join(", ")],
    ...(ends.length === 0 ? [] : [["24 hours", ends.join(", "), ""]]),
  ];
}

function failureRows({ lastFailures }: StatusReport): readonly (readonly string[])[] {
  return lastFailures.slice(0, mostFailures).map((each) => [
    time(each.at), each.callId, each.cause, each.stage, [each.trunk, each.mediaServer, each.server].filter((name) => name !== null).join(" > "),
  ]);
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? "" : "s"}`;
}

function time(iso: string): string {
  return iso.replace("T", " ").replace(/\.\d+Z$/, "Z");
}

/** The two largest units of a time span. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  const parts = [[Math.floor(seconds / 86_400), "d"], [Math.floor(seconds / 3_600) % 24, "h"], [Math.floor(seconds / 60) % 60, "min"], [seconds % 60, "s"]] as const;
  const first = parts.findIndex(([amount]) => amount > 0);
  return first < 0 ? "0 s" : parts.slice(first, first + 2).filter(([amount]) => amount > 0).map(([amount, unit]) => `${amount} ${unit}`).join(" ");
}
