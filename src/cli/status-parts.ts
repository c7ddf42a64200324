import { stages } from "../call/progress.js";
import { statusTexts } from "../http/status/status-texts.js";
import type { StatusReport } from "../monitoring/status/status-report.js";
import { visible } from "../util/plain-text.js";
import { span } from "./span.js";
import { type Cell, cut } from "./table.js";

type Row = readonly Cell[];

export interface PartRows {
  readonly calls: readonly Row[];
  readonly trunks: readonly Row[];
  readonly engines: readonly Row[];
  readonly servers: readonly Row[];
  readonly failures: readonly Row[];
}

const texts = statusTexts.en;
const maxNameLength = 20;

/** The components of the status as rows; those with faults come first. */
export function partRows(report: StatusReport): PartRows {
  return {
    calls: callRows(report),
    trunks: faultsFirst(report.trunks, ({ fault }) => fault !== null).map(trunkRow),
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

function trunkRow({ name, fault, state, registrar, numbers, calls, warnings }: StatusReport["trunks"][number]): Row {
  return [
    label(name),
    stateCell(fault === null, state),
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
    ({ name, state, version, warnings, channels, capacity }): Row => [
      label(name),
      stateCell(state === "up", state),
      texts.channels(channels, capacity),
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
