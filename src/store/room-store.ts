import type { PinLengths } from "../call/interfaces.js";
import type { Pin } from "../caller/secret.js";
import type { Result } from "../util/result.js";

/** A room and the PIN that it keeps. Times are whole milliseconds since 1970, UTC, negative before. */
export interface Reservation {
  /** The front end's id of the room, the `meetingID` of BBB's `create`. */
  readonly meetingId: string;
  readonly pin: Pin;
  readonly reservedAt: number;
  /** From then on the room is as if it had been released; `undefined`: never. */
  readonly validUntil: number | undefined;
}

/** A PIN that nobody has and nobody gets before `until`, so that an old note does not lead into another room. */
export interface RestingPin {
  readonly pin: Pin;
  readonly until: number;
}

/** What a reservation says about its end: what is there stays, or this is the end from now on. */
export type Validity = "as-it-is" | { readonly until: number | undefined };

export interface Reserved {
  readonly reservation: Reservation;
  /** Whether the room had no PIN before. */
  readonly isNew: boolean;
}

/** A part of a list; `next` is what to go on after, `undefined` at the end. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | undefined;
}

/** What import made of one record: taken over, or there already, or in the way of something else. */
export type ImportOutcome = "imported" | "known" | "room-has-another-pin" | "pin-is-taken";

export type StoreFailure = "unavailable";

/**
 * The PINs of rooms, in memory of something that survives the process. An answer means that it will still be so after
 * a crash. Rooms are listed in the order of the code points of their ids. PINs are never given so that one is the
 * beginning of another: BBB appends to them for breakout rooms, and a caller who has typed one is done.
 */
export interface RoomStore {
  /** Gives the room its PIN, the same one each time. */
  reserve(meetingId: string, validity: Validity): Promise<Result<Reserved, StoreFailure | "exhausted">>;
  find(meetingId: string): Promise<Result<Reservation | undefined, StoreFailure>>;
  /** Whose PIN this is. */
  findByPin(pin: Pin): Promise<Result<Reservation | undefined, StoreFailure>>;
  /** Whether somebody has this PIN, from memory; `undefined` when the store would have to be asked. */
  knows(digits: string): boolean | undefined;
  /** Whether a reserved or resting PIN goes on after these digits, from memory; `undefined` as above. */
  goesOnAfter(digits: string): boolean | undefined;
  /** The same, asked of the store. */
  askGoesOnAfter(digits: string): Promise<Result<boolean, StoreFailure>>;
  /** The lengths of the PINs, from memory; those that they may have where the store would have to be asked. `undefined`: there are none. */
  readonly pinLengths: PinLengths | undefined;
  /** Takes the PIN away; false when the room has none. The PIN rests, and the room gets another one next time. */
  release(meetingId: string): Promise<Result<boolean, StoreFailure>>;
  /** The rooms after that id, or from the beginning. */
  list(after: string | undefined, most: number): Promise<Result<Page<Reservation>, StoreFailure>>;
  /** The PINs that rest, in the order of their digits. */
  listResting(after: string | undefined, most: number): Promise<Result<Page<RestingPin>, StoreFailure>>;
  /** Takes rooms and resting PINs over from another store; one outcome for each, in order. */
  import(records: readonly (Reservation | RestingPin)[]): Promise<Result<readonly ImportOutcome[], StoreFailure>>;
  close(): Promise<void>;
}

/** What both kinds of store need to know. */
export interface RoomStoreSettings {
  /** Digits of a new PIN, 5 to 9; two more have to fit BBB's 11 for breakout rooms. */
  readonly pinLength: number;
  /** How long a released PIN is not given out again, in milliseconds. */
  readonly restMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A whole number from 0 up to, but not including, `limit`; from a CSPRNG. */
  readonly randomBelow: (limit: number) => number;
  /** Whether a PIN is in use without a reservation, as by a meeting whose PIN BBB has drawn. */
  readonly isInUse: (digits: string) => boolean;
}

/** Order of code points, which is that of UTF-8 bytes and so of Redis. */
export function compareIds(left: string, right: string): number {
  if (left === right) return 0;
  // UTF-16 has the same order but for surrogates.
  const hasSurrogates = /[\ud800-\uffff]/.test(left) && /[\ud800-\uffff]/.test(right);
  if (hasSurrogates) return Buffer.compare(Buffer.from(left), Buffer.from(right));
  return left < right ? -1 : 1;
}
