/** Makes the table of docs/reliability.md from files that EINWAHL_TEST_MATRIX named: `table.js FILE...`. */
import { readFile } from "node:fs/promises";
import process from "node:process";

import type { Aftermath, Cell } from "./cell.js";
import { callStages } from "./stages.js";

function isCell(line: Cell | Aftermath): line is Cell {
  return "stage" in line;
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? "-" : (ms / 1000).toFixed(1);
}

function fate(cell: Cell): string {
  if (cell.call !== "up") return `${cell.call} after ${seconds(cell.endedAfter)} s`;
  return cell.afterwards;
}

function row(cell: Cell): string {
  const prompts = cell.prompts
    .slice(0, 3)
    .map(({ name, after }) => `${name.split("/").at(-1) ?? ""} ${seconds(after)}`);
  const conference = cell.conference.map(({ kind, after }) => `${kind} ${seconds(after)}`);
  return [
    cell.part,
    cell.signal === "SIGKILL" ? "killed" : "stopped",
    cell.stage,
    fate(cell),
    seconds(cell.firstSilenceMs),
    prompts.join(", "),
    [
      ...conference,
      ...(cell.conferenceSilenceMs === undefined ? [] : [`misses ${seconds(cell.conferenceSilenceMs)}`]),
    ].join(", "),
  ].join(" | ");
}

const lines: (Cell | Aftermath)[] = [];
for (const file of process.argv.slice(2))
  for (const line of (await readFile(file, "utf8")).split("\n"))
    if (line !== "") lines.push(JSON.parse(line) as Cell | Aftermath);

/** The last one of each kind counts. */
const cells = new Map(lines.filter(isCell).map((cell) => [`${cell.part} ${cell.signal} ${cell.stage}`, cell]));
const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
print("| part | end | stage | the call | silence, s | prompts, s after the end | conference, s after the end |");
print("| --- | --- | --- | --- | --- | --- | --- |");
const ordered = [...cells.values()].sort(
  (one, other) =>
    one.part.localeCompare(other.part) ||
    one.signal.localeCompare(other.signal) ||
    callStages.indexOf(one.stage) - callStages.indexOf(other.stage),
);
for (const cell of ordered) print(`| ${row(cell)} |`);
print("");
print("| part | end | next call works after, s | left after 10 s |");
print("| --- | --- | --- | --- |");
const sums = new Map(lines.flatMap((line) => (isCell(line) ? [] : [[`${line.part} ${line.signal}`, line] as const])));
for (const { part, signal, nextCallAfter, left } of sums.values())
  print(
    `| ${part} | ${signal === "SIGKILL" ? "killed" : "stopped"} | ${seconds(nextCallAfter)} | ${Object.keys(left).join(", ") || "nothing"} |`,
  );
