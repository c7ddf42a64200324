import type { PinLengths } from "../call/interfaces.js";
import type { Pin } from "../caller/secret.js";
import type { Result } from "../util/result.js";

/** A room and its PIN. Times are whole milliseconds since 1970, UTC, negative before. */
export interface Reservation {
  /** The front end's id of the room, the `meetingID` of BBB's `create`. */
  readonly meetingId: string;
  readonly pin: Pin;
  readonly reservedAt: number;
  /** The end of the reservation, as if released; `undefined`: never. */
  readonly validUntil: number | undefined;
}

/** A released PIN that is not assigned before `until`, so that an old note does not lead into another room. */
export interface RestingPin {
  readonly pin: Pin;
  readonly until: number;
}

/** The requested end of a reservation: unchanged, or a new end. */
export type Validity = "as-it-is" | { readonly until: number | undefined };

export interface Reserved {
  readonly reservation: Reservation;
  /** Whether the room had no PIN before. */
  readonly isNew: boolean;
}

/** Part of a list; `next`: the `after` of the next page, `undefined` at the end. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | undefined;
}

/** The outcome for one imported record: imported, already known, or in conflict. */
export type ImportOutcome = "imported" | "known" | "room-has-another-pin" | "pin-is-taken";

export type StoreFailure = "unavailable";

/**
 * A persistent store of room PINs. A success is durable across a crash. Rooms are listed in code-point order of their
 * ids. No PIN is a prefix of another: BBB appends digits for breakout rooms, and a complete PIN needs no `#`.
 */
export interface RoomStore {
  /** Returns the PIN of the room, always the same one; assigns one if needed. */
  reserve(meetingId: string, validity: Validity): Promise<Result<Reserved, StoreFailure | "exhausted">>;
  find(meetingId: string): Promise<Result<Reservation | undefined, StoreFailure>>;
  /** The reservation with this PIN. */
  findByPin(pin: Pin): Promise<Result<Reservation | undefined, StoreFailure>>;
  /** Whether the PIN is reserved, from memory; `undefined`: only the store knows. */
  knows(digits: string): boolean | undefined;
  /** Whether the digits are a proper prefix of a reserved or resting PIN, from memory; `undefined` as above. */
  goesOnAfter(digits: string): boolean | undefined;
  /** The same, by a store request. */
  askGoesOnAfter(digits: string): Promise<Result<boolean, StoreFailure>>;
  /** The PIN lengths, from memory; the possible lengths where only the store knows. `undefined`: no PINs. */
  readonly pinLengths: PinLengths | undefined;
  /** Releases the PIN; false: the room has none. The PIN rests, and the room gets another one next time. */
  release(meetingId: string): Promise<Result<boolean, StoreFailure>>;
  /** The rooms after this id, or from the start. */
  list(after: string | undefined, most: number): Promise<Result<Page<Reservation>, StoreFailure>>;
  /** The resting PINs, in order of their digits. */
  listResting(after: string | undefined, most: number): Promise<Result<Page<RestingPin>, StoreFailure>>;
  /** Imports rooms and resting PINs from another store; one outcome each, in order. */
  import(records: readonly (Reservation | RestingPin)[]): Promise<Result<readonly ImportOutcome[], StoreFailure>>;
  close(): Promise<void>;
}

/** Settings of both kinds of store. */
export interface RoomStoreSettings {
  /** Digits of a new PIN, 5 to 9; with two more for breakout rooms it must not exceed BBB's 11. */
  readonly pinLength: number;
  /** Time before a released PIN can be assigned again, in milliseconds. */
  readonly restMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** An integer in [0, limit) from a CSPRNG. */
  readonly randomBelow: (limit: number) => number;
  /** Whether a PIN is in use without a reservation, e.g. by a meeting whose PIN BBB has drawn. */
  readonly isInUse: (digits: string) => boolean;
}

/** Code-point order, which equals the order of UTF-8 bytes and so of Redis. */
export function compareIds(left: string, right: string): number {
  if (left === right) return 0;
  // UTF-16 has the same order, except for surrogates.
  const hasSurrogates = /[\ud800-\uffff]/.test(left) && /[\ud800-\uffff]/.test(right);
  if (hasSurrogates) return Buffer.compare(Buffer.from(left), Buffer.from(right));
  return left < right ? -1 : 1;
}
