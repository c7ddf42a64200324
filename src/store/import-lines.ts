import { type Result, success } from "../util/result.js";
import { parseRecord } from "./json-lines.js";
import type { Reservation, RestingPin, RoomStore, StoreFailure } from "./room-store.js";

/** What became of lines that were to be taken over. */
export interface ImportReport {
  readonly imported: number;
  /** Records that were there already. */
  readonly known: number;
  /** The first thousand lines that were not taken over, in order; the reason is an outcome, or what is wrong with the line. */
  readonly refused: readonly { readonly line: number; readonly reason: string }[];
  readonly refusedInAll: number;
}

const maxTold = 1_000;
/** So many records go to the store at once. */
const chunk = 1_000;

/** Takes over the JSON lines of an export. Doing it twice changes nothing. */
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
