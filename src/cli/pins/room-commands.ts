import { success } from "../../util/result.js";
import { command, type CommandContext } from "../command.js";
import { exitCodes } from "../exit-code.js";
import { commonOptions } from "../options.js";
import { pinOptions } from "./pin-options.js";

export const reservePinCommand = command({
  name: "pins reserve",
  summary: "give a room its PIN",
  positionals: "ROOM",
  details: [
    "Prints the PIN of the room, which gets one if it has none. ROOM is the meetingID by which the front end creates the meeting; it also has to hand the PIN to BBB, as voiceBridge.",
    "Without a running instance nobody looks whether a meeting that runs now has drawn the same PIN.",
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
  summary: "take a room's PIN away",
  positionals: "ROOM",
  details: [
    "The PIN is not given out again before rooms.pin_reuse_delay has passed, so that an old note does not lead into another room. The room gets another one when its PIN is reserved next time.",
    "Ends with 0 when it had one, 1 when not.",
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
      ? "the id of a room is missing"
      : more.length > 0
        ? "there is an argument too many"
        : `an id of a room has 1 to ${maxMeetingIdLength} characters`;
  terminal.note(`einwahl pins ${name}: ${what}. See: einwahl help pins ${name}`);
  return undefined;
}
