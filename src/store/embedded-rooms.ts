import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import type { PinLengths } from "../call/interfaces.js";
import type { Pin } from "../caller/secret.js";
import { messageOf } from "../util/error-message.js";
import { failure, type Result, success } from "../util/result.js";
import { DirectoryLock } from "./directory-lock.js";
import { Journal } from "./journal.js";
import { drawPin, isReservablePin, maxDraws } from "./pin-draw.js";
import type {
  ImportOutcome,
  Page,
  Reservation,
  Reserved,
  RestingPin,
  RoomStore,
  RoomStoreSettings,
  StoreFailure,
  Validity,
} from "./room-store.js";
import { type Change, RoomTable } from "./room-table.js";

const fileName = "rooms.journal";
const header = "einwahl rooms 1";

/** Records per write during an import. */
const importChunk = 500;

/** Rooms in a local directory, for a single instance: needs no server. */
export class EmbeddedRooms implements RoomStore {
  readonly #settings: RoomStoreSettings;
  readonly #table: RoomTable;
  readonly #journal: Journal<Change>;
  readonly #lock: DirectoryLock;
  /** The running operation of each room; operations on the same room are serialised. */
  readonly #turns = new Map<string, Promise<unknown>>();
  /** PINs being written to the disk; they must not be drawn again. */
  readonly #onTheWay = new Set<string>();
  /** Of these, PINs with another length than new ones: imported PINs. */
  readonly #oddOnTheWay = new Set<string>();

  private constructor(settings: RoomStoreSettings, table: RoomTable, journal: Journal<Change>, lock: DirectoryLock) {
    this.#settings = settings;
    this.#table = table;
    this.#journal = journal;
    this.#lock = lock;
  }

  /** Whether the directory contains a room store. */
  static isThere(directory: string): boolean {
    return existsSync(join(directory, fileName));
  }

  /**
   * Creates the directory if it does not exist. The failure is one line.
   *
   * @param onTrouble receives disk faults; one line without PINs and ids
   */
  static async open(
    directory: string,
    settings: RoomStoreSettings,
    onTrouble: (what: string) => void,
  ): Promise<Result<EmbeddedRooms, string>> {
    const lock = await takeLock(directory);
    if (!lock.ok) return lock;
    const table = new RoomTable(settings.restMs);
    const journal = await Journal.open<Change>(join(directory, fileName), {
      header,
      take: isChange,
      apply: (change) => {
        table.apply(change);
      },
      condense: () => {
        table.sweep(settings.now());
        return table.changes();
      },
      onTrouble,
    });
    if (journal.ok) return success(new EmbeddedRooms(settings, table, journal.value, lock.value));
    await lock.value.release();
    return journal;
  }

  async reserve(meetingId: string, validity: Validity): Promise<Result<Reserved, StoreFailure | "exhausted">> {
    // Fast path of the most common case: no waiting.
    if (validity === "as-it-is" && !this.#turns.has(meetingId)) {
      const known = this.#table.find(meetingId, this.#settings.now());
      if (known !== undefined) return success({ reservation: known, isNew: false });
    }
    return await this.#inTurn(meetingId, async () => await this.#reserve(meetingId, validity));
  }

  find(meetingId: string): Promise<Result<Reservation | undefined, StoreFailure>> {
    return Promise.resolve(success(this.#table.find(meetingId, this.#settings.now())));
  }

  findByPin(pin: Pin): Promise<Result<Reservation | undefined, StoreFailure>> {
    return Promise.resolve(success(this.#table.findByPin(pin.reveal(), this.#settings.now())));
  }

  knows(digits: string): boolean {
    return this.#table.findByPin(digits, this.#settings.now()) !== undefined;
  }

  goesOnAfter(digits: string): boolean {
    return this.#table.goesOnAfter(digits);
  }

  askGoesOnAfter(digits: string): Promise<Result<boolean, StoreFailure>> {
    return Promise.resolve(success(this.goesOnAfter(digits)));
  }

  get pinLengths(): PinLengths | undefined {
    return this.#table.pinLengths;
  }

  async release(meetingId: string): Promise<Result<boolean, StoreFailure>> {
    return await this.#inTurn(meetingId, async () => {
      const now = this.#settings.now();
      if (this.#table.find(meetingId, now) === undefined) return success(false);
      const isWritten = await this.#journal.append([["release", meetingId, now + this.#settings.restMs]]);
      return isWritten ? success(true) : failure("unavailable");
    });
  }

  list(after: string | undefined, most: number): Promise<Result<Page<Reservation>, StoreFailure>> {
    const { items, isEnd } = this.#table.rooms(after, most, this.#settings.now());
    return Promise.resolve(success({ items, next: isEnd ? undefined : items.at(-1)?.meetingId }));
  }

  listResting(after: string | undefined, most: number): Promise<Result<Page<RestingPin>, StoreFailure>> {
    const resting = this.#table
      .restingPins(this.#settings.now())
      .filter(({ pin }) => after === undefined || pin.reveal() > after);
    const items = resting.slice(0, most);
    return Promise.resolve(success({ items, next: resting.length > most ? items.at(-1)?.pin.reveal() : undefined }));
  }

  async import(
    records: readonly (Reservation | RestingPin)[],
  ): Promise<Result<readonly ImportOutcome[], StoreFailure>> {
    const outcomes: ImportOutcome[] = [];
    for (let start = 0; start < records.length; start += importChunk) {
      const chunk = await Promise.all(records.slice(start, start + importChunk).map((record) => this.#import(record)));
      for (const outcome of chunk) {
        if (!outcome.ok) return outcome;
        outcomes.push(outcome.value);
      }
    }
    return success(outcomes);
  }

  /** Removes deleted rooms from the file; only their PINs stay while they rest. Never rejects. */
  async tidy(): Promise<void> {
    await this.#journal.tidy(() => this.#table.hasEnded(this.#settings.now()));
  }

  async close(): Promise<void> {
    await this.#journal.close();
    await this.#lock.release();
  }

  async #reserve(meetingId: string, validity: Validity): Promise<Result<Reserved, StoreFailure | "exhausted">> {
    const now = this.#settings.now();
    const known = this.#table.find(meetingId, now);
    if (known !== undefined) {
      const validUntil = validity === "as-it-is" ? known.validUntil : validity.until;
      if (validUntil === known.validUntil) return success({ reservation: known, isNew: false });
      const isWritten = await this.#journal.append([
        ["reserve", meetingId, known.pin.reveal(), known.reservedAt, validUntil ?? null],
      ]);
      return isWritten ? success({ reservation: { ...known, validUntil }, isNew: false }) : failure("unavailable");
    }
    const digits = this.#draw(now);
    if (digits === undefined) return failure("exhausted");
    const validUntil = validity === "as-it-is" ? undefined : validity.until;
    const isWritten = await this.#give(meetingId, digits, now, validUntil);
    if (!isWritten) return failure("unavailable");
    // A validity in the past has already ended the reservation.
    const reservation = this.#table.find(meetingId, Number.NEGATIVE_INFINITY);
    if (reservation === undefined) throw new Error("a written room is missing");
    return success({ reservation, isNew: true });
  }

  async #import(record: Reservation | RestingPin): Promise<Result<ImportOutcome, StoreFailure>> {
    const digits = record.pin.reveal();
    const now = this.#settings.now();
    if (!("meetingId" in record)) {
      if (record.until <= now || !this.#isFree(digits, now)) return success("known");
      return (await this.#write(digits, [["rest", digits, record.until]]))
        ? success("imported")
        : failure("unavailable");
    }
    const { meetingId, reservedAt, validUntil } = record;
    return await this.#inTurn(meetingId, async () => {
      const known = this.#table.find(meetingId, now);
      if (known !== undefined) return success(known.pin.reveal() === digits ? "known" : "room-has-another-pin");
      if (!isReservablePin(digits) || !this.#isFree(digits, now)) return success("pin-is-taken");
      return (await this.#give(meetingId, digits, reservedAt, validUntil))
        ? success("imported")
        : failure("unavailable");
    });
  }

  #draw(now: number): string | undefined {
    for (let draws = 0; draws < maxDraws; draws++) {
      const digits = drawPin(this.#settings);
      if (digits !== undefined && this.#isFree(digits, now)) return digits;
    }
    return undefined;
  }

  #isFree(digits: string, now: number): boolean {
    if (this.#onTheWay.has(digits) || !this.#table.isFree(digits, now)) return false;
    const others = digits.length === this.#settings.pinLength ? this.#oddOnTheWay : this.#onTheWay;
    for (const other of others) {
      if (other.startsWith(digits) || digits.startsWith(other)) return false;
    }
    return true;
  }

  async #give(meetingId: string, digits: string, reservedAt: number, validUntil: number | undefined): Promise<boolean> {
    const clearing = this.#table.clearing(meetingId);
    return await this.#write(digits, [
      ...(clearing === undefined ? [] : [clearing]),
      ["reserve", meetingId, digits, reservedAt, validUntil ?? null],
    ]);
  }

  async #write(digits: string, changes: readonly Change[]): Promise<boolean> {
    const isOdd = digits.length !== this.#settings.pinLength;
    this.#onTheWay.add(digits);
    if (isOdd) this.#oddOnTheWay.add(digits);
    try {
      return await this.#journal.append(changes);
    } finally {
      this.#onTheWay.delete(digits);
      this.#oddOnTheWay.delete(digits);
    }
  }

  async #inTurn<Value>(meetingId: string, work: () => Promise<Value>): Promise<Value> {
    const before = this.#turns.get(meetingId);
    const turn = before === undefined ? work() : before.then(work, work);
    this.#turns.set(meetingId, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(meetingId) === turn) this.#turns.delete(meetingId);
    }
  }
}

async function takeLock(directory: string): Promise<Result<DirectoryLock, string>> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const lock = await DirectoryLock.take(directory);
    return lock.ok
      ? lock
      : failure(`${directory} is in use by another instance of einwahl; several instances need Redis`);
  } catch (error) {
    return failure(`${directory} can't be used: ${messageOf(error)}`);
  }
}

function isChange(value: unknown): value is Change {
  if (!Array.isArray(value)) return false;
  const [kind, first, second, third, fourth] = value as readonly unknown[];
  switch (kind) {
    case "reserve":
      return (
        typeof first === "string" &&
        isDigits(second) &&
        typeof third === "number" &&
        (fourth === null || typeof fourth === "number")
      );
    case "release":
      return typeof first === "string" && typeof second === "number";
    case "rest":
      return isDigits(first) && typeof second === "number";
    default:
      return false;
  }
}

function isDigits(value: unknown): value is string {
  return typeof value === "string" && /^[0-9]{5,11}$/.test(value);
}
