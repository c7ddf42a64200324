import { z } from "zod";

import { Pin } from "../caller/secret.js";
import { failure, type Result, success } from "../util/result.js";
import { isReservablePin } from "./pin-draw.js";
import type { Reservation, RestingPin, RoomStore, StoreFailure } from "./room-store.js";

/** The longest meetingID that BBB takes, in UTF-16 code units (its MeetingIDConstraint). */
export const maxMeetingIdLength = 256;

/** Whether BBB and the stores can take this text as a room's id: text of some length that can be written as UTF-8. */
export function isMeetingId(text: string): boolean {
  return text.length >= 1 && text.length <= maxMeetingIdLength && !/\p{Cs}/u.test(text);
}

const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

const pin = z.string().transform((digits, context) => {
  const parsed = Pin.parse(digits);
  if (parsed.ok && isReservablePin(digits)) return parsed.value;
  // Without the digits: what is wrong with a PIN is told to whoever sent it, but not to their log.
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

/** The record of a line; the failure says what is wrong, without PIN and id. */
export function parseRecord(line: string): Result<Reservation | RestingPin, string> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return failure("is no JSON");
  }
  const parsed = record.safeParse(value);
  if (!parsed.success)
    return failure("is neither a room {meetingID, pin, reservedAt, validUntil?} nor a resting PIN {restingPin, until}");
  if ("restingPin" in parsed.data) return success({ pin: parsed.data.restingPin, until: parsed.data.until });
  const { meetingID, pin, reservedAt, validUntil } = parsed.data;
  return success({ meetingId: meetingID, pin, reservedAt, validUntil });
}

const pageSize = 1_000;
/** A bound against a store that goes on for ever: ten times as many as there are PINs of nine digits, in pages. */
const maxPages = 10_000_000;

/** Everything in the store, line by line; ends with a failure when the store does not answer any more. */
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
