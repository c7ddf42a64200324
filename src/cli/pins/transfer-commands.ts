import { readFile } from "node:fs/promises";

import type { ImportReport } from "../../store/import-lines.js";
import { success } from "../../util/result.js";
import { command } from "../command.js";
import { exitCodes } from "../exit-code.js";
import { commonOptions } from "../options.js";
import type { Terminal } from "../terminal.js";
import { pinOptions } from "./pin-options.js";

/** Refused lines that are told one by one. */
const maxTold = 20;

export const exportPinsCommand = command({
  name: "pins export",
  summary: "write all PINs as JSON lines",
  positionals: "",
  details: [
    "Prints every room with its PIN, and every PIN that rests, one JSON object a line, as `pins import` and the HTTP interface read them. Keep the file closed to others: who knows a PIN gets into its room.",
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
  summary: "take PINs over from JSON lines",
  positionals: "FILE",
  details: [
    "Takes over what `pins export` has written; FILE is `-` for standard input. Doing it twice changes nothing. A line that would give a room another PIN, or a PIN to another room, is refused and told; the others are taken over.",
    "Ends with 0 when every line was taken over or known, 1 when one was refused.",
  ],
  options: { ...pinOptions, json: commonOptions.json },
  examples: ["einwahl pins import pins.jsonl"],
  async run({ options, positionals }, context) {
    const { terminal } = context;
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) {
      terminal.note("einwahl pins import: name one file. See: einwahl help pins import");
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
    terminal.progress("taking the PINs over ...");
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
  terminal.print(`${imported} taken over, ${known} known already, ${refusedInAll} refused`);
  for (const { line, reason } of refused.slice(0, maxTold)) terminal.note(`  line ${line}: ${reason}`);
  if (refusedInAll > maxTold) terminal.note(`  and ${refusedInAll - maxTold} more`);
}
