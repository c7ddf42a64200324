import { stages } from "../call/progress.js";
import { statusTexts } from "../http/status/status-texts.js";
import { type StatusIssue, statusIssuesOf } from "../monitoring/status/status-issues.js";
import type { StatusReport } from "../monitoring/status/status-report.js";
import { visible } from "../util/plain-text.js";
import { wrap } from "./help-text.js";
import { type Cell, cut, table } from "./table.js";
import type { Style } from "./terminal.js";

type Row = readonly Cell[];

export interface StatusTextOptions {
  readonly paint: (style: Style, text: string) => string;
  readonly columns: number;
  /** Whether to show everything instead of one screen of 24 lines. */
  readonly all: boolean;
}

/** Maximum rows of each section on one screen, without and with faults. */
const calmRows = { findings: 0, trunks: 4, instances: 2, engines: 5, servers: 5, failures: 5 };
const troubledRows = { findings: 8, trunks: 3, instances: 1, engines: 4, servers: 3, failures: 2 };

const texts = statusTexts.en;
const maxNameLength = 20;
const marks = { down: "✕", impaired: "!", insecure: "⚠" } as const satisfies Record<StatusIssue["severity"], string>;
const styles = { down: "bad", impaired: "warning", insecure: "bad" } as const satisfies Record<
  StatusIssue["severity"],
  Style
>;

/** The status for a terminal. */
export function statusText(report: StatusReport, { paint, columns, all }: StatusTextOptions): string {
  const findings = statusIssuesOf(report);
  const most = findings.length === 0 ? calmRows : troubledRows;
  const parts = partRows(report);
  const width = all ? Infinity : columns;
  const lines = (name: string, rows: readonly Row[], limit: number): readonly string[] => {
    const shown = all ? rows : fitting(rows, limit);
    const inner = table(shown, { paint, columns: width - labelWidth });
    return inner.map((line, place) => paint("heading", (place === 0 ? name : "").padEnd(labelWidth)) + line);
  };
  return [
    headline(report, paint),
    ...findingLines(findings, { paint, columns, all }),
    ...lines("calls", parts.calls, 2),
    ...lines("trunks", parts.trunks, most.trunks),
    ...lines("instances", parts.instances, most.instances),
    ...lines("engines", parts.engines, most.engines),
    ...lines("servers", parts.servers, most.servers),
    ...lines("failures", parts.failures, most.failures),
  ].join("\n");
}

/** The width of the longest section name plus a gap. */
const labelWidth = 10;

function headline({ state, version, startedAt, at }: StatusReport, paint: StatusTextOptions["paint"]): string {
  const style = state === "ready" ? "good" : state === "full" ? "warning" : "bad";
  return `${paint(style, texts.states[state])}; einwahl ${version}, up for ${span(Date.parse(at) - Date.parse(startedAt))}`;
}

/** In full if they fit, otherwise one line each, most severe first. */
function findingLines(findings: readonly StatusIssue[], { paint, columns, all }: StatusTextOptions): readonly string[] {
  const told = findings.map(({ severity, code, subject, detail }) => {
    const text = `${texts.finding[code](visible(all ? subject : cut(subject, 24)))}${detail === "" ? "" : ` (${visible(detail)})`}`;
    const [first = "", ...more] = wrap(text, columns - 4);
    const paintLine = (line: string): string => paint(styles[severity], line);
    return {
      whole: [`  ${marks[severity]} ${first}`, ...more.map((line) => `    ${line}`)].map(paintLine),
      short: paintLine(`  ${marks[severity]} ${cut(text, columns - 4)}`),
    };
  });
  const whole = told.flatMap((each) => each.whole);
  const most = troubledRows.findings;
  if (all || whole.length <= most) return whole;
  if (told.length <= most) return told.map(({ short }) => short);
  return [
    ...told.slice(0, most - 1).map(({ short }) => short),
    `  ${texts.more(told.length - most + 1)}: einwahl status --all`,
  ];
}

/** As many rows as fit; the last one states how many are omitted. */
function fitting(rows: readonly Row[], limit: number): readonly Row[] {
  return rows.length <= limit ? rows : [...rows.slice(0, limit - 1), [texts.more(rows.length - limit + 1)]];
}

interface PartRows {
  readonly calls: readonly Row[];
  readonly trunks: readonly Row[];
  readonly instances: readonly Row[];
  readonly engines: readonly Row[];
  readonly servers: readonly Row[];
  readonly failures: readonly Row[];
}

/** The components of the status as rows; those with faults come first. */
function partRows(report: StatusReport): PartRows {
  return {
    calls: callRows(report),
    trunks: faultsFirst(report.trunks, ({ fault }) => fault !== null).map(trunkRow),
    instances: (report.instances ?? []).map(instanceRow),
    engines: engineRows(report),
    servers: faultsFirst(report.bbbServers, ({ fault }) => fault !== null).map((server) => [
      ...serverRow(server),
      ...testCell(server.name, report),
    ]),
    failures: report.lastFailures.map(failureRow),
  };
}

function faultsFirst<Part>(parts: readonly Part[], hasFault: (part: Part) => boolean): readonly Part[] {
  return [...parts.filter(hasFault), ...parts.filter((part) => !hasFault(part))];
}

function callRows({ calls, causes }: StatusReport): readonly Row[] {
  const byStage = stages
    .filter((stage) => calls.byStage[stage] > 0)
    .map((stage) => `${calls.byStage[stage]} ${texts.stages[stage]}`);
  const now = [texts.ofMax(calls.now, calls.max), ...byStage].join(", ");
  const ends = causes.map(({ cause, count }) => `${count} ${cause}`);
  return [[now], ...(ends.length === 0 ? [] : [[`24 hours: ${ends.join(", ")}`]])];
}

function instanceRow({
  name,
  isThis,
  version,
  state,
  isDraining,
  calls,
  trunks,
}: NonNullable<StatusReport["instances"]>[number]): Row {
  const registers = trunks.length === 0 ? [] : [texts.registers(trunks.map(label).join(", "))];
  return [
    label(name),
    { text: isDraining ? "draining" : state, style: state === "not-ready" ? "bad" : "good" },
    texts.calls(calls),
    visible(version),
    [...(isThis ? ["this one"] : []), ...registers].join(", "),
  ];
}

function trunkRow({
  name,
  fault,
  state,
  registeredBy,
  registrar,
  numbers,
  calls,
  warnings,
}: StatusReport["trunks"][number]): Row {
  return [
    label(name),
    stateCell(fault === null, registeredBy === null ? state : texts.registeredBy(label(registeredBy))),
    texts.numbers(numbers),
    texts.calls(calls),
    registrar ?? texts.fixedAddress,
    ...warningCells(warnings),
  ];
}

function warningCells(warnings: readonly string[]): readonly Cell[] {
  return warnings.map((warning) => ({ text: visible(warning), style: "warning" }));
}

function engineRows({ drachtio, mediaServers, store }: StatusReport): readonly Row[] {
  const media = faultsFirst(mediaServers, ({ state }) => state === "down").map(
    ({ name, state, version, warnings, channels, capacity, idleCpu }): Row => [
      label(name),
      stateCell(state === "up", state),
      texts.channels(channels, capacity),
      idleCpu === null ? "" : texts.idleCpu(idleCpu),
      visible(version ?? ""),
      ...warningCells(warnings),
    ],
  );
  return [
    [
      "drachtio",
      stateCell(drachtio.state === "connected", drachtio.state),
      drachtio.version ?? "",
      ...warningCells(drachtio.warnings),
    ],
    ...(store.kind === "none" ? [] : [["store of PINs", stateCell(store.fault === null, "up"), store.kind]]),
    ...media,
  ];
}

function serverRow({ name, fault, ageMs, meetings, callers, webhooks }: StatusReport["bbbServers"][number]): Row {
  return [
    label(name),
    stateCell(fault === null, texts.answers),
    ageMs === null ? texts.neverAnswered : texts.answered(span(ageMs)),
    texts.meetings(meetings),
    texts.callers(callers),
    ...(webhooks === null
      ? []
      : [texts.webhooks(webhooks.ageMs === null ? undefined : span(webhooks.ageMs), webhooks.refused)]),
  ];
}

/** The result of the last synthetic call. */
function testCell(server: string, { syntheticCalls }: StatusReport): Row {
  const { at = null, ok = null } = syntheticCalls?.find((call) => call.server === server) ?? {};
  if (at === null) return [];
  const time = at.slice(11, 16);
  return [
    ok === true
      ? { text: `test call ${texts.works(time)}`, style: "good" }
      : { text: `test call ${texts.failed(time)}`, style: "bad" },
  ];
}

function failureRow({
  at,
  callId,
  cause,
  stage,
  trunk,
  mediaServer,
  server,
}: StatusReport["lastFailures"][number]): Row {
  const way = [trunk, mediaServer, server].filter((name) => name !== null).map(label);
  return [at.slice(0, 16).replace("T", " "), callId, cause, texts.stages[stage], way.join(" > ")];
}

function label(name: string): string {
  return visible(cut(name, maxNameLength));
}

/** Shows only `fault`; its text is in the issues above. */
function stateCell(isWell: boolean, word: string): Cell {
  return isWell
    ? { text: word, style: "good" }
    : { text: word === "up" || word === "fixed" || word === texts.answers ? "fault" : word, style: "bad" };
}

/** A duration in its two largest units. */
function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  const parts = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3_600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ] as const;
  const first = parts.findIndex(([amount]) => amount > 0);
  return first < 0
    ? "0 s"
    : parts
        .slice(first, first + 2)
        .filter(([amount]) => amount > 0)
        .map(([amount, unit]) => `${amount} ${unit}`)
        .join(" ");
}
