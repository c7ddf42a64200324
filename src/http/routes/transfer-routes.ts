import { Readable } from "node:stream";
import { z } from "zod";
import { exportLines, parseRecord } from "../../store/json-lines.js";
import type { Reservation, RestingPin, RoomStore } from "../../store/room-store.js";
import { type ImportReport, apiBase, importAnswer } from "../api-schemas.js";
import { type Route, route } from "../route.js";
import { jsonLinesType } from "../web-server.js";

const mostBytes = 16 * 1_048_576;
const mostTold = 1_000;
/** So many records go to the store at once. */
const chunk = 1_000;

/** All PINs out and in again as JSON lines: a copy for bad times, or the way from one store to another. */
export function transferRoutes(rooms: RoomStore): readonly Route[] {
  const path = `${apiBase}/rooms.jsonl`;
  return [
    route({
      method: "GET",
      path,
      id: "exportRooms",
      summary: "All rooms and resting PINs as JSON lines",
      description: "A room is {meetingID, pin, reservedAt, validUntil?}, a PIN that rests {restingPin, until}. Where the store fails in the middle the connection is cut.",
      access: "rooms:list",
      answers: { 200: { description: "A record on each line.", type: jsonLinesType, schema: z.string() } },
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
      summary: "Take over rooms and resting PINs, as an export has them",
      description: "Line by line: what fits is taken over, what does not is reported. Doing it twice changes nothing.",
      access: "rooms:import",
      body: { schema: z.instanceof(Buffer), type: jsonLinesType, isRequired: true, mostBytes },
      answers: { 200: { description: "What became of it.", schema: importAnswer } },
      problems: ["store-unavailable"],
      handle: async ({ body }) => {
        const report = await importLines(rooms, body);
        return report === undefined ? { problem: "store-unavailable" } : { status: 200, body: report };
      },
    }),
  ];
}

async function* bytesOf(first: IteratorResult<{ readonly ok: boolean; readonly value?: string }, void>, rest: ReturnType<typeof exportLines>): AsyncGenerator<string> {
  if (first.done === true) return;
  yield `${first.value.value ?? ""}\n`;
  for await (const line of rest) {
    if (!line.ok) throw new Error("the store does not answer any more");
    yield `${line.value}\n`;
  }
}

async function importLines(rooms: RoomStore, body: Buffer): Promise<ImportReport | undefined> {
  const report = { imported: 0, known: 0, refused: [] as { line: number; reason: string }[], refusedInAll: 0 };
  const refuse = (line: number, reason: string): void => {
    report.refusedInAll += 1;
    if (report.refused.length < mostTold) report.refused.push({ line, reason });
  };
  let records: { readonly line: number; readonly record: Reservation | RestingPin }[] = [];
  const takeOver = async (): Promise<boolean> => {
    const outcomes = await rooms.import(records.map(({ record }) => record));
    if (!outcomes.ok) return false;
    for (const [place, outcome] of outcomes.value.entries()) {
      if (outcome === "imported" || outcome === "known") report[outcome] += 1;
      else refuse(records[place]?.line ?? 0, outcome);
    }
    records = [];
    return true;
  };
  let line = 0;
  for (const text of linesOf(body)) {
    line += 1;
    if (text.trim() === "") continue;
    const record = parseRecord(text);
    if (!record.ok) refuse(line, record.failure);
    else records.push({ line, record: record.value });
    if (records.length === chunk && !(await takeOver())) return undefined;
  }
  return (await takeOver()) ? { ...report, refused: report.refused.sort((left, right) => left.line - right.line) } : undefined;
}

function* linesOf(body: Buffer): Generator<string> {
  for (let start = 0; start < body.length; ) {
    const found = body.indexOf(10, start);
    const end = found < 0 ? body.length : found;
    yield body.toString("utf8", start, end);
    start = end + 1;
  }
}
