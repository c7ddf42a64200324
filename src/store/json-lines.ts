import { z } from "zod";

import { Pin } from "../caller/secret.js";
import { failure, type Result, success } from "../util/result.js";
import { isReservablePin } from "./pin-draw.js";
import type { Reservation, RestingPin, RoomStore, StoreFailure } from "./room-store.js";

/** The maximum length of a meetingID in UTF-16 code units (MeetingIDConstraint of BBB). */
export const maxMeetingIdLength = 256;

/** Whether BBB and the stores accept the text as a room id: not empty, bounded, and valid as UTF-8. */
export function isMeetingId(text: string): boolean {
  return text.length >= 1 && text.length <= maxMeetingIdLength && !/\p{Cs}/u.test(text);
}

const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

const pin = z.string().transform((digits, context) => {
  const parsed = Pin.parse(digits);
  if (parsed.ok && isReservablePin(digits)) return parsed.value;
  // Omits the digits: the client gets the reason, but its log must not contain a PIN.
  context.addIssue({ code: "custom", message: "must be 5 to 9 digits, and not BBB's echo test 99999" });
  return z.NEVER;
});

const record = z.union([
  z.strictObject({
    meetingID: z.string().refine(isMeetingId, { error: `must be text of 1 to ${maxMeetingIdLength} characters` }),
    pin,
    reservedAt: time,
    validUntil: time.optional(),
  }),
  z.strictObject({ restingPin: pin, until: time }),
]);

/** A record as one line of JSON, without the line break. */
export function formatRecord(stored: Reservation | RestingPin): string {
  if (!("meetingId" in stored)) return JSON.stringify({ restingPin: stored.pin.reveal(), until: iso(stored.until) });
  const { meetingId, pin, reservedAt, validUntil } = stored;
  return JSON.stringify({
    meetingID: meetingId,
    pin: pin.reveal(),
    reservedAt: iso(reservedAt),
    ...(validUntil !== undefined && { validUntil: iso(validUntil) }),
  });
}

/** The record of a line; the failure text contains no PIN and no id. */
export function parseRecord(line: string): Result<Reservation | RestingPin, string> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return failure("is not valid JSON");
  }
  const parsed = record.safeParse(value);
  if (!parsed.success)
    return failure("is neither a room {meetingID, pin, reservedAt, validUntil?} nor a resting PIN {restingPin, until}");
  if ("restingPin" in parsed.data) return success({ pin: parsed.data.restingPin, until: parsed.data.until });
  const { meetingID, pin, reservedAt, validUntil } = parsed.data;
  return success({ meetingId: meetingID, pin, reservedAt, validUntil });
}

const pageSize = 1_000;
/** Bounds the loop over pages: ten times the number of nine-digit PINs. */
const maxPages = 10_000_000;

/** All records of the store, line by line; the first store failure ends the iteration. */
export async function* exportLines(store: RoomStore): AsyncGenerator<Result<string, StoreFailure>> {
  let after: string | undefined;
  for (let page = 0; page < maxPages; page++) {
    const rooms = await store.list(after, pageSize);
    if (!rooms.ok) {
      yield rooms;
      return;
    }
    for (const room of rooms.value.items) yield success(formatRecord(room));
    after = rooms.value.next;
    if (after === undefined) break;
  }
  for (let page = 0; page < maxPages; page++) {
    const resting = await store.listResting(after, pageSize);
    if (!resting.ok) {
      yield resting;
      return;
    }
    for (const each of resting.value.items) yield success(formatRecord(each));
    after = resting.value.next;
    if (after === undefined) return;
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
