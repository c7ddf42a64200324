import type { PinBook, PinEntry } from "../../store/pin-book.js";
import { visible } from "../../util/plain-text.js";
import { failure, type Result, success } from "../../util/result.js";
import { command, exitCodes } from "../command.js";
import { commonOptions } from "../options.js";
import { table } from "../table.js";
import { pinOptions } from "./pin-options.js";

const pageSize = 1_000;
/** Bounds the pages read from the store. */
const maxPages = 1_000_000;

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
