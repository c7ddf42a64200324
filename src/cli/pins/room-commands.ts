import { success } from "../../util/result.js";
import { command, type CommandContext, exitCodes } from "../command.js";
import { commonOptions } from "../options.js";
import { pinOptions } from "./pin-options.js";

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
  const { isMeetingId, maxMeetingIdLength } = await import("../../store/json-lines.js");
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
