import { readFile } from "node:fs/promises";

import type { ImportReport } from "../store/import-lines.js";
import type { PinBook, PinEntry } from "../store/pin-book.js";
import { visible } from "../util/plain-text.js";
import { failure, type Result, success } from "../util/result.js";
import { command, type CommandContext, exitCodes } from "./command.js";
import { commonOptions } from "./options.js";
import { table } from "./table.js";
import type { Terminal } from "./terminal.js";

/** Options that locate the PINs. */
const pinOptions = { config: commonOptions.config, socket: commonOptions.socket } as const;

const pageSize = 1_000;
/** Bounds the pages read from the store. */
const maxPages = 1_000_000;
/** Refused lines that are printed individually. */
const maxTold = 20;

export const listPinsCommand = command({
  name: "pins list",
  summary: "list the rooms and their PINs",
  positionals: "",
  details: [
    "Lists every room with a PIN, sorted by id, through the running instance or, if none runs, from its store. Times are UTC.",
  ],
  options: { ...pinOptions, json: commonOptions.json },
  examples: ["einwahl pins list", "einwahl pins list --json | jq '.pins | length'"],
  async run({ options }, context) {
    const { terminal } = context;
    const { withPinBook } = await import("./with-pin-book.js");
    return await withPinBook(options, context, false, async (book) => {
      const pins = await allOf(book, (count) => {
        terminal.progress(`${count} rooms ...`);
      });
      if (!pins.ok) return pins;
      if (options.json) terminal.print(JSON.stringify({ pins: pins.value }));
      else if (pins.value.length === 0) terminal.note("No room has a PIN.");
      else
        for (const line of table([["ROOM", "PIN", "RESERVED", "VALID UNTIL"], ...pins.value.map(row)]))
          terminal.print(line);
      return success(exitCodes.ok);
    });
  },
});

async function allOf(book: PinBook, onPage: (count: number) => void): Promise<Result<readonly PinEntry[], string>> {
  const entries: PinEntry[] = [];
  let after: string | undefined;
  for (let pages = 0; pages < maxPages; pages += 1) {
    const page = await book.list(after, pageSize);
    if (!page.ok) return page;
    for (const entry of page.value.items) entries.push(entry);
    after = page.value.next;
    if (after === undefined) return success(entries);
    onPage(entries.length);
  }
  return failure("the list has no end");
}

function row({ meetingID, pin, reservedAt, validUntil }: PinEntry): readonly string[] {
  return [visible(meetingID), pin, minute(reservedAt), validUntil === null ? "" : minute(validUntil)];
}

function minute(iso: string): string {
  return iso.slice(0, 16).replace("T", " ");
}

export const reservePinCommand = command({
  name: "pins reserve",
  summary: "reserve a PIN for a room",
  positionals: "ROOM",
  details: [
    "Prints the PIN of the room, and reserves one if it has none. ROOM is the meetingID with which the front end creates the meeting; the front end must also pass the PIN to BBB, as voiceBridge.",
    "Without a running instance, collisions with the PINs of running meetings are not detected.",
  ],
  options: { ...pinOptions, json: commonOptions.json },
  examples: ["einwahl pins reserve 6f8a2c11-room"],
  async run({ options, positionals }, context) {
    const room = await roomOf(positionals, "reserve", context);
    if (room === undefined) return exitCodes.usage;
    const { withPinBook } = await import("./with-pin-book.js");
    return await withPinBook(options, context, true, async (book) => {
      const entry = await book.reserve(room);
      if (!entry.ok) return entry;
      context.terminal.print(options.json ? JSON.stringify(entry.value) : entry.value.pin);
      return success(exitCodes.ok);
    });
  },
});

export const releasePinCommand = command({
  name: "pins release",
  summary: "release a room's PIN",
  positionals: "ROOM",
  details: [
    "The PIN is not assigned again before rooms.pin_reuse_delay has passed, so that an old invitation does not lead into another room. The next reservation gives the room another PIN.",
    "Exit status: 0 if the room had a PIN, 1 if not.",
  ],
  options: { ...pinOptions, json: commonOptions.json },
  examples: ["einwahl pins release 6f8a2c11-room"],
  async run({ options, positionals }, context) {
    const room = await roomOf(positionals, "release", context);
    if (room === undefined) return exitCodes.usage;
    const { withPinBook } = await import("./with-pin-book.js");
    return await withPinBook(options, context, false, async (book) => {
      const released = await book.release(room);
      if (!released.ok) return released;
      if (options.json) context.terminal.print(JSON.stringify({ released: released.value }));
      else context.terminal.print(released.value ? "The room has no PIN any more." : "The room had no PIN.");
      return success(released.value ? exitCodes.ok : exitCodes.failed);
    });
  },
});

async function roomOf(
  positionals: readonly string[],
  name: string,
  { terminal }: CommandContext,
): Promise<string | undefined> {
  const { isMeetingId, maxMeetingIdLength } = await import("../store/json-lines.js");
  const [room, ...more] = positionals;
  if (room !== undefined && more.length === 0 && isMeetingId(room)) return room;
  const what =
    room === undefined
      ? "the room's id is missing"
      : more.length > 0
        ? "too many arguments"
        : `a room's id must have 1 to ${maxMeetingIdLength} characters`;
  terminal.note(`einwahl pins ${name}: ${what}. See: einwahl help pins ${name}`);
  return undefined;
}

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
    const { maxTransferBytes } = await import("../control/pin-routes.js");
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
