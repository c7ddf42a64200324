import { type Result, success } from "../util/result.js";
import { parseRecord } from "./json-lines.js";
import type { Reservation, RestingPin, RoomStore, StoreFailure } from "./room-store.js";

/** The result of an import. */
export interface ImportReport {
  readonly imported: number;
  /** Records that already existed. */
  readonly known: number;
  /** The first 1,000 rejected lines, in order; the reason is an import outcome or the fault of the line. */
  readonly refused: readonly { readonly line: number; readonly reason: string }[];
  readonly refusedInAll: number;
}

const maxTold = 1_000;
/** Records per store request. */
const chunk = 1_000;

/** Imports the JSON lines of an export. Idempotent. */
export async function importLines(rooms: RoomStore, body: Buffer): Promise<Result<ImportReport, StoreFailure>> {
  const report = { imported: 0, known: 0, refused: [] as { line: number; reason: string }[], refusedInAll: 0 };
  const refuse = (line: number, reason: string): void => {
    report.refusedInAll += 1;
    if (report.refused.length < maxTold) report.refused.push({ line, reason });
  };
  let records: { readonly line: number; readonly record: Reservation | RestingPin }[] = [];
  const takeOver = async (): Promise<Result<void, StoreFailure>> => {
    const outcomes = await rooms.import(records.map(({ record }) => record));
    if (!outcomes.ok) return outcomes;
    for (const [place, outcome] of outcomes.value.entries()) {
      if (outcome === "imported" || outcome === "known") report[outcome] += 1;
      else refuse(records[place]?.line ?? 0, outcome);
    }
    records = [];
    return success(undefined);
  };
  let line = 0;
  for (const text of linesOf(body)) {
    line += 1;
    if (text.trim() === "") continue;
    const record = parseRecord(text);
    if (!record.ok) refuse(line, record.failure);
    else records.push({ line, record: record.value });
    if (records.length < chunk) continue;
    const taken = await takeOver();
    if (!taken.ok) return taken;
  }
  const taken = await takeOver();
  return taken.ok
    ? success({ ...report, refused: report.refused.sort((left, right) => left.line - right.line) })
    : taken;
}

function* linesOf(body: Buffer): Generator<string> {
  for (let start = 0; start < body.length;) {
    const found = body.indexOf(10, start);
    const end = found < 0 ? body.length : found;
    yield body.toString("utf8", start, end);
    start = end + 1;
  }
}
