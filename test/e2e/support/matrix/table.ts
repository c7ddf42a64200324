/** Makes the tables of docs/reliability.md from files that EINWAHL_TEST_MATRIX named: `table.js FILE...`. */
import { readFile } from "node:fs/promises";
import process from "node:process";

import type { Aftermath, Cell } from "./cell.js";
import { callStages } from "./stages.js";

const maxPrompts = 3;
const parts = ["einwahl", "drachtio", "media-1", "node", "bbb-api", "redis"];
/** Parts after whose end callers in the dialogue are asked again. */
const asksAgain = new Set(["einwahl", "media-1"]);
const ends = { SIGKILL: "killed", SIGTERM: "stopped" } as const;

function isCell(line: Cell | Aftermath): line is Cell {
  return "stage" in line;
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? "-" : (ms / 1000).toFixed(1);
}

function isUnanswered({ stage, afterwards }: Cell): boolean {
  return stage === "ringing" && afterwards.startsWith("not");
}

/** Keys are awaited, and the part that ends plays no part in that: silence is usual. */
function awaitsKeys({ part, stage }: Cell): boolean {
  return (stage === "typing" || stage === "leaving") && !asksAgain.has(part);
}

function fate(cell: Cell): string {
  if (cell.call !== "up") return `${cell.call} after ${seconds(cell.endedAfter)} s`;
  return isUnanswered(cell) ? "is not answered" : cell.afterwards;
}

function row(cell: Cell): string {
  const prompts = cell.prompts
    .slice(0, maxPrompts)
    .map(({ name, after }) => `${name.split("/").at(-1) ?? ""} ${seconds(after)}`);
  const conference = cell.conference.map(({ kind, after }) => `${kind} ${seconds(after)}`);
  const { conferenceSilenceMs } = cell;
  if (conferenceSilenceMs !== undefined) conference.push(`silence ${seconds(conferenceSilenceMs)}`);
  const silence =
    isUnanswered(cell) || cell.call === "refused" || awaitsKeys(cell) ? "-" : seconds(cell.firstSilenceMs);
  return [ends[cell.signal], cell.stage, fate(cell), silence, prompts.join(", "), conference.join(", ")].join(" | ");
}

const lines: (Cell | Aftermath)[] = [];
for (const file of process.argv.slice(2))
  for (const line of (await readFile(file, "utf8")).split("\n"))
    if (line !== "") lines.push(JSON.parse(line) as Cell | Aftermath);

/** The last one of each kind counts. */
const cells = [
  ...new Map(lines.filter(isCell).map((cell) => [`${cell.part} ${cell.signal} ${cell.stage}`, cell])).values(),
];
const sums = [
  ...new Map(lines.flatMap((line) => (isCell(line) ? [] : [[`${line.part} ${line.signal}`, line] as const]))).values(),
];
const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

print("| part | end | a new call hears the greeting after, s | left 10 s after the calls' end |");
print("|---|---|---|---|");
for (const part of parts)
  for (const { signal, nextCallAfter, left } of sums.filter((sum) => sum.part === part))
    print(`| ${part} | ${ends[signal]} | ${seconds(nextCallAfter)} | ${Object.keys(left).join(", ") || "nothing"} |`);
for (const part of parts) {
  const own = cells.filter((cell) => cell.part === part);
  if (own.length === 0) continue;
  print(`\n### ${part}\n`);
  const away = Object.entries(ends).flatMap(([signal, end]) => {
    const cell = own.find((each) => each.signal === signal);
    return cell === undefined ? [] : [`${end}: ready again after ${seconds(cell.downMs)} s`];
  });
  print(`${away.join("; ")}.\n`);
  print("| end | stage | the call | silence, s | prompts, s after the end | in the conference, s after the end |");
  print("|---|---|---|---|---|---|");
  own.sort(
    (one, other) =>
      one.signal.localeCompare(other.signal) || callStages.indexOf(one.stage) - callStages.indexOf(other.stage),
  );
  for (const cell of own) print(`| ${row(cell)} |`);
}
