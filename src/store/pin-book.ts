import { failure, type Result, success } from "../util/result.js";
import { importLines, type ImportReport } from "./import-lines.js";
import { exportLines } from "./json-lines.js";
import type { Page, Reservation, RoomStore } from "./room-store.js";

/** A room and its PIN, for operators. */
export interface PinEntry {
  readonly meetingID: string;
  readonly pin: string;
  /** ISO 8601, UTC. */
  readonly reservedAt: string;
  /** ISO 8601, UTC; `null`: no end. */
  readonly validUntil: string | null;
}

/** PIN operations for operators, on the store itself or via the instance that has it open. Failures are one readable line. */
export interface PinBook {
  list(after: string | undefined, most: number): Promise<Result<Page<PinEntry>, string>>;
  reserve(meetingId: string): Promise<Result<PinEntry, string>>;
  /** `false`: the room has no PIN. */
  release(meetingId: string): Promise<Result<boolean, string>>;
  /** All rooms and resting PINs as JSON lines. */
  export(): Promise<Result<string, string>>;
  /** Imports the lines of an export. */
  import(lines: string): Promise<Result<ImportReport, string>>;
}

const explanations = {
  unavailable: "the PIN store is unavailable",
  exhausted: "no PIN of this length is left: raise rooms.pin_length",
} as const;

/** A store opened by this process. */
export class OpenPinBook implements PinBook {
  readonly #rooms: RoomStore;

  constructor(rooms: RoomStore) {
    this.#rooms = rooms;
  }

  async list(after: string | undefined, most: number): Promise<Result<Page<PinEntry>, string>> {
    const page = await this.#rooms.list(after, most);
    return page.ok
      ? success({ items: page.value.items.map(entryOf), next: page.value.next })
      : failure(explanations[page.failure]);
  }

  async reserve(meetingId: string): Promise<Result<PinEntry, string>> {
    const reserved = await this.#rooms.reserve(meetingId, "as-it-is");
    return reserved.ok ? success(entryOf(reserved.value.reservation)) : failure(explanations[reserved.failure]);
  }

  async release(meetingId: string): Promise<Result<boolean, string>> {
    const released = await this.#rooms.release(meetingId);
    return released.ok ? released : failure(explanations[released.failure]);
  }

  async export(): Promise<Result<string, string>> {
    const lines: string[] = [];
    for await (const line of exportLines(this.#rooms)) {
      if (!line.ok) return failure(explanations[line.failure]);
      lines.push(`${line.value}\n`);
    }
    return success(lines.join(""));
  }

  async import(lines: string): Promise<Result<ImportReport, string>> {
    const report = await importLines(this.#rooms, Buffer.from(lines));
    return report.ok ? report : failure(explanations[report.failure]);
  }
}

function entryOf({ meetingId, pin, reservedAt, validUntil }: Reservation): PinEntry {
  return {
    meetingID: meetingId,
    pin: pin.reveal(),
    reservedAt: iso(reservedAt),
    validUntil: validUntil === undefined ? null : iso(validUntil),
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
