import type { PinLengths } from "../call/interfaces.js";
import type { Meeting } from "./meeting.js";

/**
 * The lengths of the meetings' PINs, but for breakout rooms: BBB appends digits to the main room's PIN for them, which is
 * known by its own and must not hold up the callers of all other meetings.
 */
export function lengthsOf(meetings: Iterable<Meeting>): PinLengths | undefined {
  const lengths = [...meetings]
    .filter(({ parentId }) => parentId === undefined)
    .map(({ voiceBridge }) => voiceBridge.reveal().length);
  return joinLengths(lengths.map((length) => ({ shortest: length, longest: length })));
}

/** The lengths of all of them together. */
export function joinLengths(ranges: readonly (PinLengths | undefined)[]): PinLengths | undefined {
  let joined: PinLengths | undefined;
  for (const range of ranges) {
    if (range === undefined) continue;
    joined =
      joined === undefined
        ? range
        : { shortest: Math.min(joined.shortest, range.shortest), longest: Math.max(joined.longest, range.longest) };
  }
  return joined;
}
