import { markdownTable, none } from "./report.js";
import type { Results } from "./result.js";
import { partNames } from "./subject.js";
import { summarise, type Summary } from "./summary.js";

/** Two results, before and after a change, as Markdown: the measurements that both contain. */
export function compare(before: Results, after: Results): string {
  const earlier = new Map(summarise(before.stages).map((each) => [keyOf(each), each]));
  const pairs = summarise(after.stages).flatMap((later) => {
    const same = earlier.get(keyOf(later));
    return same === undefined ? [] : [{ same, later }];
  });
  if (pairs.length === 0) return "The two results have no measurement in common.\n";
  const rows = pairs.flatMap(({ same, later }) => [
    ...partNames.flatMap((part) => {
      const [was, is] = [same.cpu[part], later.cpu[part]];
      if (was === undefined || is === undefined) return [];
      const what = `${part}, ${later.kind === "setup" ? "ms a call" : "% of a core a call"}`;
      return [change(later, what, was.median, is.median, later.kind === "setup" ? 1 : 3)];
    }),
    ...times(later, "INVITE to 200, p95, ms", same.inviteToAnswer?.p95, later.inviteToAnswer?.p95),
    ...times(later, "digit to conference, p95, ms", same.digitToConference?.p95, later.digitToConference?.p95),
    ...times(later, "failed calls, %", failedPercent(same), failedPercent(later)),
  ]);
  const names = ["measurement", "figure", "before", "after", "change"];
  return `${before.date} against ${after.date}, medians of the runs\n\n${markdownTable(names, rows, 2).join("\n")}\n`;
}

function keyOf({ media, kind, way, load }: Summary): string {
  return `${media}, ${way}, ${kind === "setup" ? `${load} calls a second` : `${load} held calls`}`;
}

function failedPercent({ failures, calls }: Summary): number {
  return (100 * Object.values(failures).reduce((sum, count) => sum + count, 0)) / Math.max(1, calls);
}

function times(
  summary: Summary,
  what: string,
  was: number | undefined,
  is: number | undefined,
): readonly (readonly string[])[] {
  return was === undefined || is === undefined ? [] : [change(summary, what, was, is, 1)];
}

function change(summary: Summary, what: string, was: number, is: number, digits: number): readonly string[] {
  const percent = was === 0 ? undefined : (100 * (is - was)) / was;
  const shown = percent === undefined ? none : `${percent >= 0 ? "+" : ""}${percent.toFixed(0)} %`;
  return [keyOf(summary), what, was.toFixed(digits), is.toFixed(digits), shown];
}
