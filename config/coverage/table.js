/**
 * Prints the coverage of the unit tests by folder of src/, from c8's summary. Fails if a folder is below its floor: the percentage of lines
 * in floors.json.
 */
import { readFileSync } from "node:fs";
import { relative, sep } from "node:path";
import process from "node:process";

/** @param {string | URL} file */
const read = (file) => JSON.parse(readFileSync(file, "utf8"));
/** @type {Record<string, number>} */
const floors = read(new URL("floors.json", import.meta.url));

/** @type {Map<string, { lines: number, covered: number, branches: number, taken: number }>} */
const folders = new Map();
for (const [file, { lines, branches }] of Object.entries(read("coverage/coverage-summary.json"))) {
  if (file === "total") continue;
  const folder = relative(process.cwd(), file).split(sep).slice(0, 2).join("/");
  const sum = folders.get(folder) ?? { lines: 0, covered: 0, branches: 0, taken: 0 };
  sum.lines += lines.total;
  sum.covered += lines.covered;
  sum.branches += branches.total;
  sum.taken += branches.covered;
  folders.set(folder, sum);
}

/** @param {number} part @param {number} whole */
const percent = (part, whole) => (whole === 0 ? 100 : (100 * part) / whole);
/** @param {string} folder @param {string} lines @param {string} branches @param {string} floor @param {string} verdict */
const row = (folder, lines, branches, floor, verdict) =>
  `${folder.padEnd(20)} ${lines.padStart(7)} ${branches.padStart(9)} ${floor.padStart(6)} ${verdict}`.trimEnd() + "\n";

process.stdout.write(row("percent of", "lines", "branches", "floor", ""));
for (const [folder, sum] of [...folders].sort(([one], [other]) => one.localeCompare(other))) {
  const lines = percent(sum.covered, sum.lines);
  const floor = floors[folder];
  const isBelow = floor !== undefined && lines < floor;
  if (isBelow) process.exitCode = 1;
  const branches = percent(sum.taken, sum.branches);
  process.stdout.write(
    row(folder, lines.toFixed(1), branches.toFixed(1), String(floor ?? ""), isBelow ? "below the floor" : ""),
  );
}
for (const folder of Object.keys(floors).filter((folder) => !folders.has(folder))) {
  process.stdout.write(row(folder, "0", "0", String(floors[folder]), "not run at all"));
  process.exitCode = 1;
}
