import type { Reservation, RoomStore } from "../../store/room-store.js";
import { pinOf } from "../../store/room-table.js";
import { apiBase, jitsiConfCode, jitsiConfCodeQuery } from "../api-schemas.js";
import { type Answer, type Route, route } from "../route.js";
import type { ApiServices } from "../services.js";

/** Jitsi's conference mapper, for front ends that know it (jitsi-meet, resources/cloud-api.swagger). */
export function jitsiRoutes({ jitsiConfCode: access }: ApiServices, rooms: RoomStore): readonly Route[] {
  return [
    route({
      method: "GET",
      path: `${apiBase}/jitsi/conf-code`,
      id: "getJitsiConfCode",
      summary: "The PIN of a room by its id, or a room by its PIN, in the format of Jitsi's dialInConfCodeUrl",
      description:
        access === "public"
          ? "Knowledge of the room id is sufficient to get its PIN, as in Jitsi. Only reserved rooms have a PIN. A lookup by PIN requires a token with rooms:write, otherwise PINs could be guessed here."
          : "Reserves a PIN if the room has none, as in Jitsi. Other parameters, such as Jitsi's `url`, are ignored.",
      access: access === "public" ? "public" : "rooms:write",
      query: jitsiConfCodeQuery,
      answers: { 200: { description: "The result of the lookup.", schema: jitsiConfCode } },
      problems: [
        "store-unavailable",
        ...(access === "public" ? (["token-missing", "scope-missing"] as const) : (["pins-exhausted"] as const)),
      ],
      handle: async ({ query, token }) => {
        const { conference, id } = query;
        if (conference !== undefined) return await codeOf(rooms, conference, token?.scopes.has("rooms:write") === true);
        if (id === undefined)
          return { problem: "invalid-request", errors: [{ at: "query", message: "needs conference or id" }] };
        // A public lookup would be an oracle for PINs; the rate limit does not stop a client with many addresses.
        if (token === undefined) return { problem: "token-missing" };
        if (!token.scopes.has("rooms:write")) return { problem: "scope-missing" };
        const found = await rooms.findByPin(pinOf(id));
        if (!found.ok) return { problem: "store-unavailable" };
        return {
          status: 200,
          body:
            found.value === undefined
              ? { message: nothingFound, id: jitsiId(id), conference: false }
              : mapping(found.value),
        };
      },
    }),
  ];
}

const nothingFound = "No conference mapping was found";

async function codeOf(rooms: RoomStore, conference: string, mayReserve: boolean): Promise<Answer> {
  if (mayReserve) {
    const reserved = await rooms.reserve(conference, "as-it-is");
    if (!reserved.ok) return { problem: reserved.failure === "exhausted" ? "pins-exhausted" : "store-unavailable" };
    return { status: 200, body: mapping(reserved.value.reservation) };
  }
  const found = await rooms.find(conference);
  if (!found.ok) return { problem: "store-unavailable" };
  return {
    status: 200,
    body: found.value === undefined ? { message: nothingFound, id: false, conference } : mapping(found.value),
  };
}

function mapping({ meetingId, pin }: Reservation): { message: string; id: number | string; conference: string } {
  return { message: "Successfully retrieved conference mapping", id: jitsiId(pin.reveal()), conference: meetingId };
}

/** Jitsi's ids are numbers; a PIN with a leading zero stays text, because a number would lose it. */
function jitsiId(digits: string): number | string {
  return digits.startsWith("0") ? digits : Number(digits);
}
