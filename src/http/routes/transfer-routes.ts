import { Readable } from "node:stream";

import { z } from "zod";

import { importLines } from "../../store/import-lines.js";
import { exportLines } from "../../store/json-lines.js";
import type { RoomStore } from "../../store/room-store.js";
import { apiBase, importAnswer } from "../api-schemas.js";
import { jsonLinesType } from "../body-parsers.js";
import { type Route, route } from "../route.js";

const maxBytes = 16 * 1_048_576;

/** Export and import of all PINs as JSON lines: for backups, and for moving to another store. */
export function transferRoutes(rooms: RoomStore): readonly Route[] {
  const path = `${apiBase}/rooms.jsonl`;
  return [
    route({
      method: "GET",
      path,
      id: "exportRooms",
      summary: "All rooms and resting PINs as JSON lines",
      description:
        "A room is {meetingID, pin, reservedAt, validUntil?}, a resting PIN {restingPin, until}. A store failure during the transfer aborts the connection.",
      access: "rooms:list",
      answers: { 200: { description: "One record per line.", type: jsonLinesType, schema: z.string() } },
      problems: ["store-unavailable"],
      handle: async () => {
        const lines = exportLines(rooms);
        const first = await lines.next();
        if (first.done !== true && !first.value.ok) return { problem: "store-unavailable" };
        return { status: 200, text: Readable.from(bytesOf(first, lines), { objectMode: false }) };
      },
    }),
    route({
      method: "POST",
      path,
      id: "importRooms",
      summary: "Import rooms and resting PINs in the format of an export",
      description: "Line by line: valid records are imported, others are reported. Idempotent.",
      access: "rooms:import",
      body: { schema: z.instanceof(Buffer), type: jsonLinesType, isRequired: true, maxBytes },
      answers: { 200: { description: "The result of the import.", schema: importAnswer } },
      problems: ["store-unavailable"],
      handle: async ({ body }) => {
        const report = await importLines(rooms, body);
        return report.ok ? { status: 200, body: report.value } : { problem: "store-unavailable" };
      },
    }),
  ];
}

async function* bytesOf(
  first: IteratorResult<{ readonly ok: boolean; readonly value?: string }, void>,
  rest: ReturnType<typeof exportLines>,
): AsyncGenerator<string> {
  if (first.done === true) return;
  yield `${first.value.value ?? ""}\n`;
  for await (const line of rest) {
    if (!line.ok) throw new Error("the store is unavailable");
    yield `${line.value}\n`;
  }
}
