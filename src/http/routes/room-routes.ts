import type { Reservation, RoomStore } from "../../store/room-store.js";
import { serialise } from "../api-router.js";
import {
  apiBase,
  callsAnswer,
  listAnswer,
  listQuery,
  reserveBody,
  room,
  roomParams,
  statusAnswer,
} from "../api-schemas.js";
import { PhoneNumbers } from "../phone-numbers.js";
import { describeRoom, summarise } from "../room-answer.js";
import { type Answer, type Route, route } from "../route.js";
import type { ApiServices } from "../services.js";

/** The routes for rooms and their PINs; all need a token. */
export function roomRoutes(services: ApiServices, rooms: RoomStore): readonly Route[] {
  const describe = new Descriptions(services).of;
  const path = `${apiBase}/rooms/{meetingID}`;

  return [
    route({
      method: "PUT",
      path,
      id: "reserveRoom",
      summary: "Reserve a PIN for a room, or get its existing one",
      description: "Idempotent: a room keeps its PIN. Pass `voiceBridge` and `dialNumber` to BBB's `create`.",
      access: "rooms:write",
      params: roomParams,
      body: { schema: reserveBody, isRequired: false },
      answers: {
        200: { description: "The existing PIN of the room.", schema: room },
        201: { description: "A PIN was reserved.", schema: room },
      },
      problems: ["store-unavailable", "pins-exhausted"],
      handle: async ({ params, body }) => {
        const { validUntil } = body;
        const validity =
          validUntil === undefined ? "as-it-is" : { until: validUntil === null ? undefined : Date.parse(validUntil) };
        const reserved = await rooms.reserve(params.meetingID, validity);
        if (!reserved.ok) return { problem: reserved.failure === "exhausted" ? "pins-exhausted" : "store-unavailable" };
        return { status: reserved.value.isNew ? 201 : 200, text: describe(reserved.value.reservation) };
      },
    }),
    route({
      method: "GET",
      path,
      id: "getRoom",
      summary: "The PIN of a room and all facts to show",
      access: "rooms:read",
      params: roomParams,
      answers: { 200: { description: "The room.", schema: room } },
      problems: ["room-not-found", "store-unavailable"],
      handle: async ({ params }) =>
        await withRoom(rooms, params.meetingID, (found) => ({ status: 200, text: describe(found) })),
    }),
    route({
      method: "DELETE",
      path,
      id: "deleteRoom",
      summary: "Delete the PIN of a room",
      description: "The PIN rests before another room gets it. A later reservation of the same room gets a new PIN.",
      access: "rooms:write",
      params: roomParams,
      answers: { 204: { description: "The PIN was deleted." } },
      problems: ["room-not-found", "store-unavailable"],
      handle: async ({ params }) => {
        const released = await rooms.release(params.meetingID);
        if (!released.ok) return { problem: "store-unavailable" };
        return released.value ? { status: 204 } : { problem: "room-not-found" };
      },
    }),
    route({
      method: "GET",
      path: `${path}/status`,
      id: "getRoomStatus",
      summary: "Whether the meeting of a room is running, and the number of callers in it",
      access: "rooms:read",
      params: roomParams,
      answers: { 200: { description: "Counts only, no caller data.", schema: statusAnswer } },
      problems: ["room-not-found", "store-unavailable"],
      handle: async ({ params }) =>
        await withRoom(rooms, params.meetingID, ({ meetingId, pin }) => ({
          status: 200,
          body: {
            meetingID: meetingId,
            running: services.isRunning(pin) ?? null,
            callers: services.live.callsIn(pin).length,
          },
        })),
    }),
    route({
      method: "GET",
      path: `${path}/calls`,
      id: "getRoomCalls",
      summary: "The ids of the calls in a room",
      description:
        "Show the id to callers with problems: the operator finds the call in the log by it. It has no meaning elsewhere.",
      access: "rooms:read",
      params: roomParams,
      answers: { 200: { description: "Ids only, no caller data.", schema: callsAnswer } },
      problems: ["room-not-found", "store-unavailable"],
      handle: async ({ params }) =>
        await withRoom(rooms, params.meetingID, ({ meetingId, pin }) => ({
          status: 200,
          body: {
            meetingID: meetingId,
            calls: services.live.callsIn(pin).map(({ id, since }) => ({ id, since: new Date(since).toISOString() })),
          },
        })),
    }),
    route({
      method: "GET",
      path: `${apiBase}/rooms`,
      id: "listRooms",
      summary: "All rooms with a PIN, page by page",
      access: "rooms:list",
      query: listQuery,
      answers: { 200: { description: "A page.", schema: listAnswer } },
      problems: ["store-unavailable"],
      handle: async ({ query }) => {
        const page = await rooms.list(query.after, query.limit);
        if (!page.ok) return { problem: "store-unavailable" };
        return { status: 200, body: { rooms: page.value.items.map(summarise), next: page.value.next ?? null } };
      },
    }),
  ];
}

/** Limit of cached descriptions, about 10 MiB: front ends request the same rooms repeatedly. */
const maxKept = 2_000;

/** Serialised room descriptions, cached while PIN and validity stay the same. */
class Descriptions {
  readonly #services: ApiServices;
  readonly #phoneNumbers: PhoneNumbers;
  readonly #kept = new Map<string, { readonly reservation: Reservation; readonly text: string }>();

  constructor(services: ApiServices) {
    this.#services = services;
    this.#phoneNumbers = new PhoneNumbers(services.numbers);
  }

  readonly of = (reservation: Reservation): string => {
    const { meetingId, pin, validUntil } = reservation;
    const known = this.#kept.get(meetingId);
    if (known?.reservation.pin.equals(pin) === true && known.reservation.validUntil === validUntil) return known.text;
    const { language, base } = this.#services;
    const text = serialise(
      { description: "", schema: room },
      describeRoom(reservation, this.#phoneNumbers, language, base()),
    );
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= maxKept && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(meetingId, { reservation, text });
    return text;
  };
}

async function withRoom(rooms: RoomStore, meetingId: string, answer: (found: Reservation) => Answer): Promise<Answer> {
  const found = await rooms.find(meetingId);
  if (!found.ok) return { problem: "store-unavailable" };
  return found.value === undefined ? { problem: "room-not-found" } : answer(found.value);
}
