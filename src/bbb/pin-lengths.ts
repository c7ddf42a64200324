import type { PinLengths } from "../call/interfaces.js";
import type { Meeting } from "./meeting.js";

/**
 * The PIN lengths of main rooms. Breakout rooms are excluded: BBB appends digits to the main room's PIN, and these longer
 * PINs must not delay the callers of all other meetings.
 */
export function lengthsOf(meetings: Iterable<Meeting>): PinLengths | undefined {
  const lengths = [...meetings]
    .filter(({ parentId }) => parentId === undefined)
    .map(({ voiceBridge }) => voiceBridge.reveal().length);
  return joinLengths(lengths.map((length) => ({ shortest: length, longest: length })));
}

/** The combined range of lengths. */
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
