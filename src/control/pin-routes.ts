import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";

import { isMeetingId } from "../store/json-lines.js";
import { OpenPinBook, type PinBook } from "../store/pin-book.js";
import type { RoomStore } from "../store/room-store.js";
import type { Result } from "../util/result.js";

/** Maximum size of an export or import, in bytes; a hundred thousand rooms take a tenth of it. */
export const maxTransferBytes = 256 * 1_048_576;

/** HTTP status if this instance has no PIN store open. */
export const keepsNone = 409;
/** HTTP status if its store has failed. */
const cannotKeep = 503;

const listQuery = z.strictObject({
  after: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(1_000),
});

const roomBody = z.strictObject({ meetingID: z.string().refine(isMeetingId, { error: "is not a room id" }) });

export interface PinSource {
  /** `undefined`: no store is open. */
  rooms(): RoomStore | undefined;
  openRooms(): Promise<Result<RoomStore, string>>;
}

/** Routes to the PINs of the running instance, which has exclusive access to its store. */
export function addPinRoutes(server: FastifyInstance, source: () => PinSource): void {
  const answer = async <Value>(
    reply: FastifyReply,
    ask: (book: PinBook) => Promise<Result<Value, string>>,
  ): Promise<FastifyReply> => {
    const store = source().rooms();
    // The command line then opens the store itself, read-only, since this process has not.
    if (store === undefined) return reply.code(keepsNone).send({ reason: "this instance keeps no PINs" });
    return await answerFrom(reply, store, ask);
  };
  /** Writes go to this instance's store, in which callers' PINs are looked up. */
  const keep = async <Value>(
    reply: FastifyReply,
    ask: (book: PinBook) => Promise<Result<Value, string>>,
  ): Promise<FastifyReply> => {
    const store = await source().openRooms();
    return store.ok
      ? await answerFrom(reply, store.value, ask)
      : reply.code(cannotKeep).send({ reason: store.failure });
  };
  const answerFrom = async <Value>(
    reply: FastifyReply,
    store: RoomStore,
    ask: (book: PinBook) => Promise<Result<Value, string>>,
  ): Promise<FastifyReply> => {
    const result = await ask(new OpenPinBook(store));
    return result.ok
      ? reply.send(typeof result.value === "string" ? result.value : { value: result.value })
      : reply.code(cannotKeep).send({ reason: result.failure });
  };

  server.addContentTypeParser(
    "application/jsonl",
    { parseAs: "string", bodyLimit: maxTransferBytes },
    (_request, body, done) => {
      done(null, body);
    },
  );
  server.get("/pins", async (request, reply) => {
    const { after, limit } = listQuery.parse(request.query);
    return await answer(reply, (pins) => pins.list(after, limit));
  });
  server.post("/pins/reserve", async (request, reply) => {
    const { meetingID } = roomBody.parse(request.body);
    return await keep(reply, (pins) => pins.reserve(meetingID));
  });
  server.post("/pins/release", async (request, reply) => {
    const { meetingID } = roomBody.parse(request.body);
    return await answer(reply, (pins) => pins.release(meetingID));
  });
  server.get(
    "/pins.jsonl",
    async (_request, reply) => await answer(reply.type("application/jsonl"), (pins) => pins.export()),
  );
  server.post("/pins.jsonl", { bodyLimit: maxTransferBytes }, async (request, reply) => {
    const lines = z.string().parse(request.body);
    return await keep(reply, (pins) => pins.import(lines));
  });
}
