import { apiBase, listAnswer, listQuery, reserveBody, room, roomParams, statusAnswer } from "../api-schemas.js";
import { PhoneNumbers } from "../phone-numbers.js";
import { describeRoom, summarise } from "../room-answer.js";
import { type Answer, type Route, route } from "../route.js";
import type { WebServices } from "../services.js";
import type { Reservation, RoomStore } from "../../store/room-store.js";

/** The PINs of rooms, for tokens. */
export function roomRoutes(services: WebServices, rooms: RoomStore): readonly Route[] {
  const phoneNumbers = new PhoneNumbers(services.numbers);
  const describe = (reservation: Reservation): unknown => describeRoom(reservation, phoneNumbers, services.language, services.base());
  const path = `${apiBase}/rooms/{meetingID}`;

  return [
    route({
      method: "PUT",
      path,
      id: "reserveRoom",
      summary: "Reserve a room's PIN, or get the one that it has",
      description: "Ask as often as you like: a room keeps its PIN. Pass `voiceBridge` and `dialNumber` to BBB's `create`.",
      access: "rooms:write",
      params: roomParams,
      body: { schema: reserveBody, isRequired: false },
      answers: { 200: { description: "The PIN that the room has.", schema: room }, 201: { description: "The room has a PIN now.", schema: room } },
      problems: ["store-unavailable", "pins-exhausted"],
      handle: async ({ params, body }) => {
        const { validUntil } = body;
        const validity = validUntil === undefined ? "as-it-is" : { until: validUntil === null ? undefined : Date.parse(validUntil) };
        const reserved = await rooms.reserve(params.meetingID, validity);
        if (!reserved.ok) return { problem: reserved.failure === "exhausted" ? "pins-exhausted" : "store-unavailable" };
        return { status: reserved.value.isNew ? 201 : 200, body: describe(reserved.value.reservation) };
      },
    }),
    route({
      method: "GET",
      path,
      id: "getRoom",
      summary: "A room's PIN and everything to show",
      access: "rooms:read",
      params: roomParams,
      answers: { 200: { description: "The room.", schema: room } },
      problems: ["room-not-found", "store-unavailable"],
      handle: async ({ params }) => await withRoom(rooms, params.meetingID, (found) => ({ status: 200, body: describe(found) })),
    }),
    route({
      method: "DELETE",
      path,
      id: "deleteRoom",
      summary: "Take a room's PIN away",
      description: "The PIN rests before another room gets it. Should the same room be reserved again it gets another one.",
      access: "rooms:write",
      params: roomParams,
      answers: { 204: { description: "It is gone." } },
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
      summary: "Whether a room's meeting runs, and how many callers are in it",
      access: "rooms:read",
      params: roomParams,
      answers: { 200: { description: "Counts, nothing about who.", schema: statusAnswer } },
      problems: ["room-not-found", "store-unavailable"],
      handle: async ({ params }) => await withRoom(rooms, params.meetingID, ({ meetingId, pin }) => ({
        status: 200,
        body: { meetingID: meetingId, running: services.isRunning(pin) ?? null, callers: services.live.callersIn(pin) },
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

async function withRoom(rooms: RoomStore, meetingId: string, answer: (found: Reservation) => Answer): Promise<Answer> {
  const found = await rooms.find(meetingId);
  if (!found.ok) return { problem: "store-unavailable" };
  return found.value === undefined ? { problem: "room-not-found" } : answer(found.value);
}
