import type { Media, Way } from "./options.js";
import { type Percentiles, type Spread, spreadOf } from "./percentiles.js";
import type { Results, Stage } from "./result.js";
import { type Part, partNames } from "./subject.js";
import { memoryPerCall, summarise, type Summary } from "./summary.js";

type Row = readonly string[];

const mediaNames: Readonly<Record<Media, string>> = { plain: "plain RTP", srtp: "TLS and SRTP" };
export const none = "-";

/** The results as Markdown. */
export function report(results: Results): string {
  const summaries = summarise(results.stages);
  const { machine } = results;
  const sections = (["plain", "srtp"] as const).flatMap((media) => [
    ...section(summaries, "setup", media),
    ...section(summaries, "held", media),
    ...memory(results, media),
  ]);
  return [
    `${results.date}; ${machine.cores} cores of ${machine.cpu}, Linux ${machine.kernel}, Node ${machine.node}; measurements of ${results.seconds} s.`,
    `Speed of a core: SHA-256 at ${spread(spreadOf(machine.sha256MbPerSecond), 0)} MB/s.`,
    "Median of the runs, least and greatest in brackets; idle CPU is subtracted.",
    "",
    ...sections,
  ].join("\n");
}

/** A Markdown table; numbers are aligned to the right. @param names the first of them for text columns on the left */
export function markdownTable(names: Row, rows: readonly Row[], textColumns: number): readonly string[] {
  const line = (cells: Row): string => `| ${cells.join(" | ")} |`;
  return [line(names), line(names.map((_, index) => (index < textColumns ? "---" : "---:"))), ...rows.map(line)];
}

function section(all: readonly Summary[], kind: Stage["kind"], media: Media): readonly string[] {
  const summaries = all
    .filter((each) => each.kind === kind && each.media === media)
    .sort((left, right) => left.load - right.load);
  if (summaries.length === 0) return [];
  const recipes = new Map(summaries.filter(({ way }) => way === "recipe").map((each) => [each.load, each]));
  const unit = kind === "setup" ? "ms" : "% of a core";
  const title =
    kind === "setup"
      ? `### Calls of 7 s, ${mediaNames[media]}: CPU a call`
      : `### Held calls, ${mediaNames[media]}: CPU a call`;
  const names = [
    "way",
    kind === "setup" ? "calls a second" : "calls",
    ...["made", "failed"],
    ...partNames.map((part) => `${part}, ${unit}`),
    "FreeSWITCH : recipe",
    ...["INVITE to 200, ms", "digit to conference, ms", "event loop p99, max, ms", "machine busy, %"],
  ];
  const rows = summaries.map((each) => [
    each.way,
    String(each.load),
    String(each.calls),
    failures(each.failures),
    ...partNames.map((part) => spread(each.cpu[part], kind === "setup" ? 1 : 2)),
    ratio(each.cpu.freeswitch, recipes.get(each.load)?.cpu.freeswitch),
    percentiles(each.inviteToAnswer),
    percentiles(each.digitToConference),
    each.eventLoop === undefined ? none : `${each.eventLoop.p99.toFixed(0)}, ${each.eventLoop.max.toFixed(0)}`,
    each.machineBusyPercent.median.toFixed(0),
  ]);
  return [title, "", ...markdownTable(names, rows, 1), "", `Times: p50, p95, p99, medians of the runs.`, ""];
}

function memory(results: Results, media: Media): readonly string[] {
  const rows = (["recipe", "einwahl"] as const).flatMap((way: Way) => {
    const perCall = memoryPerCall(results, media, way);
    const idle = results.idle.filter((each) => each.way === way && each.media === media);
    if (Object.keys(perCall).length === 0) return [];
    const megabytes = (part: Part): string => {
      const kb = idle.flatMap((each) => each.residentKb[part] ?? []);
      return kb.length === 0 ? none : (Math.min(...kb) / 1_024).toFixed(0);
    };
    return [[way, ...partNames.map(megabytes), ...partNames.map((part) => spread(perCall[part], 0))]];
  });
  if (rows.length === 0) return [];
  const names = [
    "way",
    ...partNames.map((part) => `${part} idle, MB`),
    ...partNames.map((part) => `${part}, kB a call`),
  ];
  return [`### Resident memory, ${mediaNames[media]}`, "", ...markdownTable(names, rows, 1), ""];
}

export function spread(value: Spread | undefined, digits: number): string {
  if (value === undefined) return none;
  const [min, median, max] = [value.min, value.median, value.max].map((each) => each.toFixed(digits));
  return min === max ? (median ?? none) : `${median ?? none} (${min ?? none} to ${max ?? none})`;
}

function ratio(value: Spread | undefined, of: Spread | undefined): string {
  return value === undefined || of === undefined || of.median === 0 ? none : (value.median / of.median).toFixed(2);
}

function percentiles(value: Percentiles | undefined): string {
  return value === undefined ? none : [value.p50, value.p95, value.p99].map((each) => each.toFixed(0)).join(", ");
}

function failures(found: Readonly<Record<string, number>>): string {
  const reasons = Object.entries(found);
  return reasons.length === 0 ? "0" : reasons.map(([reason, count]) => `${count} ${reason}`).join("; ");
}
