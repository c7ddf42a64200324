import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";

import { isMeetingId } from "../store/json-lines.js";
import { OpenPinBook, type PinBook } from "../store/pin-book.js";
import type { RoomStore } from "../store/room-store.js";
import type { Result } from "../util/result.js";

/** A hundred thousand rooms are a tenth of it. */
export const maxTransferBytes = 256 * 1_048_576;

/** The status of an answer when this instance has no store of PINs open. */
export const keepsNone = 409;
/** The status when its store does not work. */
const cannotKeep = 503;

const listQuery = z.strictObject({
  after: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(1_000),
});

const roomBody = z.strictObject({ meetingID: z.string().refine(isMeetingId, { error: "is no id of a room" }) });

export interface PinSource {
  /** `undefined`: no store is open. */
  rooms(): RoomStore | undefined;
  openRooms(): Promise<Result<RoomStore, string>>;
}

/** The PINs of the running instance, which has its store to itself. */
export function addPinRoutes(server: FastifyInstance, source: () => PinSource): void {
  const answer = async <Value>(
    reply: FastifyReply,
    ask: (book: PinBook) => Promise<Result<Value, string>>,
  ): Promise<FastifyReply> => {
    const store = source().rooms();
    // The command line opens the store itself, since this process has not: to look into, never to put something there.
    if (store === undefined) return reply.code(keepsNone).send({ reason: "this instance keeps no PINs" });
    return await answerFrom(reply, store, ask);
  };
  /** What is kept counts for callers, who are looked up in the store of this instance. */
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
