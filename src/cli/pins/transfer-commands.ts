import { readFile } from "node:fs/promises";

import type { ImportReport } from "../../store/import-lines.js";
import { success } from "../../util/result.js";
import { command, exitCodes } from "../command.js";
import { commonOptions } from "../options.js";
import type { Terminal } from "../terminal.js";
import { pinOptions } from "./pin-options.js";

/** Refused lines that are printed individually. */
const maxTold = 20;

export const exportPinsCommand = command({
  name: "pins export",
  summary: "write all PINs as JSON lines",
  positionals: "",
  details: [
    "Prints every room with its PIN, and every released PIN within its delay, one JSON object a line, as `pins import` and the HTTP API read them. Keep the file private: a PIN gives access to its room.",
  ],
  options: pinOptions,
  examples: ["(umask 077 && einwahl pins export > pins.jsonl)"],
  async run({ options }, context) {
    context.terminal.progress("reading the PINs ...");
    const { withPinBook } = await import("./with-pin-book.js");
    return await withPinBook(options, context, false, async (book) => {
      const lines = await book.export();
      if (!lines.ok) return lines;
      if (lines.value !== "") context.terminal.print(lines.value.trimEnd());
      return success(exitCodes.ok);
    });
  },
});

export const importPinsCommand = command({
  name: "pins import",
  summary: "import PINs from JSON lines",
  positionals: "FILE",
  details: [
    "Imports the output of `pins export`; FILE `-` is standard input. A repeated import changes nothing. A line that would change a room's PIN, or assign a PIN to another room, is refused and reported; the others are imported.",
    "Exit status: 0 if every line was imported or known, 1 if one was refused.",
  ],
  options: { ...pinOptions, json: commonOptions.json },
  examples: ["einwahl pins import pins.jsonl"],
  async run({ options, positionals }, context) {
    const { terminal } = context;
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) {
      terminal.note("einwahl pins import: give one file. See: einwahl help pins import");
      return exitCodes.usage;
    }
    const { maxTransferBytes } = await import("../../control/pin-routes.js");
    const lines = await readFile(file === "-" ? "/dev/stdin" : file, "utf8").catch((error: unknown) =>
      error instanceof Error ? error : new Error(String(error)),
    );
    if (lines instanceof Error || Buffer.byteLength(lines) > maxTransferBytes) {
      terminal.note(
        `einwahl pins import: ${lines instanceof Error ? lines.message : `the file has more than ${maxTransferBytes} bytes: import it in parts`}`,
      );
      return exitCodes.usage;
    }
    terminal.progress("importing the PINs ...");
    const { withPinBook } = await import("./with-pin-book.js");
    return await withPinBook(options, context, true, async (book) => {
      const report = await book.import(lines);
      if (!report.ok) return report;
      if (options.json) terminal.print(JSON.stringify(report.value));
      else tell(report.value, terminal);
      return success(report.value.refusedInAll === 0 ? exitCodes.ok : exitCodes.failed);
    });
  },
});

function tell({ imported, known, refused, refusedInAll }: ImportReport, terminal: Terminal): void {
  terminal.print(`${imported} imported, ${known} already known, ${refusedInAll} refused`);
  for (const { line, reason } of refused.slice(0, maxTold)) terminal.note(`  line ${line}: ${reason}`);
  if (refusedInAll > maxTold) terminal.note(`  and ${refusedInAll - maxTold} more`);
}
