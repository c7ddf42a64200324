import { statusTexts } from "../http/status/status-texts.js";
import { type StatusIssue, statusIssuesOf } from "../monitoring/status/status-issues.js";
import type { StatusReport } from "../monitoring/status/status-report.js";
import { visible } from "../util/plain-text.js";
import { wrap } from "./help-text.js";
import { span } from "./span.js";
import { partRows } from "./status-parts.js";
import { type Cell, cut, table } from "./table.js";
import type { Style } from "./terminal.js";

export interface StatusTextOptions {
  readonly paint: (style: Style, text: string) => string;
  readonly columns: number;
  /** Whether to show everything instead of one screen of 24 lines. */
  readonly all: boolean;
}

/** Maximum rows of each section on one screen, without and with faults. */
const calmRows = { findings: 0, trunks: 4, engines: 5, servers: 5, failures: 5 };
const troubledRows = { findings: 8, trunks: 3, engines: 4, servers: 3, failures: 2 };

const texts = statusTexts.en;
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
  const lines = (name: string, rows: readonly (readonly Cell[])[], limit: number): readonly string[] => {
    const shown = all ? rows : fitting(rows, limit);
    const inner = table(shown, { paint, columns: width - labelWidth });
    return inner.map((line, place) => paint("heading", (place === 0 ? name : "").padEnd(labelWidth)) + line);
  };
  return [
    headline(report, paint),
    ...findingLines(findings, { paint, columns, all }),
    ...lines("calls", parts.calls, 2),
    ...lines("trunks", parts.trunks, most.trunks),
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
function fitting(rows: readonly (readonly Cell[])[], limit: number): readonly (readonly Cell[])[] {
  return rows.length <= limit ? rows : [...rows.slice(0, limit - 1), [texts.more(rows.length - limit + 1)]];
}
