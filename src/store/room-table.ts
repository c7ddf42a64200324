import type { PinLengths } from "../call/interfaces.js";
import { Pin } from "../caller/secret.js";
import { minReservablePinLength } from "./pin-draw.js";
import { compareIds, type Reservation, type RestingPin } from "./room-store.js";

/** One change in the journal: a room gets a PIN or another validity, loses its PIN, or a PIN rests. */
export type Change =
  | readonly ["reserve", meetingId: string, digits: string, reservedAt: number, validUntil: number | null]
  | readonly ["release", meetingId: string, restsUntil: number]
  | readonly ["rest", digits: string, until: number];

interface Room {
  readonly digits: string;
  readonly reservedAt: number;
  readonly validUntil: number | undefined;
}

/** All rooms and PINs in memory: the state that results from the journal. */
export class RoomTable {
  readonly #restMs: number;
  readonly #rooms = new Map<string, Room>();
  readonly #owners = new Map<string, string>();
  readonly #resting = new Map<string, number>();
  /** The ids in list order. */
  readonly #order: string[] = [];
  /** The number of PINs by length. */
  readonly #lengths = new Map<number, number>();
  /** By length: the prefixes of that length of all longer PINs, with counts. Built on first use. */
  readonly #beginnings = new Map<number, Map<string, number>>();

  constructor(restMs: number) {
    this.#restMs = restMs;
  }

  get size(): number {
    return this.#rooms.size + this.#resting.size;
  }

  /** The lengths of all PINs, including resting ones. */
  get pinLengths(): PinLengths | undefined {
    const lengths = [...this.#lengths.keys()];
    return lengths.length === 0 ? undefined : { shortest: Math.min(...lengths), longest: Math.max(...lengths) };
  }

  find(meetingId: string, now: number): Reservation | undefined {
    const room = this.#rooms.get(meetingId);
    return room === undefined || isOver(room, now) ? undefined : reservationOf(meetingId, room);
  }

  findByPin(digits: string, now: number): Reservation | undefined {
    const owner = this.#owners.get(digits);
    return owner === undefined ? undefined : this.find(owner, now);
  }

  /** Whether the digits are a proper prefix of a PIN, including resting ones. */
  goesOnAfter(digits: string): boolean {
    return (this.pinLengths?.longest ?? 0) > digits.length && this.#beginningsOf(digits.length).has(digits);
  }

  /** The change required before an expired room that is still in the table can get another PIN. */
  clearing(meetingId: string): Change | undefined {
    const room = this.#rooms.get(meetingId);
    return room === undefined ? undefined : ["release", meetingId, (room.validUntil ?? 0) + this.#restMs];
  }

  /** Whether neither this PIN, nor a prefix of it, nor a longer PIN with this prefix is reserved or resting. */
  isFree(digits: string, now: number): boolean {
    for (let length = minReservablePinLength; length <= digits.length; length++) {
      if (this.#isTaken(digits.slice(0, length), now)) return false;
    }
    const isLongerKnown = [...this.#lengths.keys()].some((length) => length > digits.length);
    if (!isLongerKnown || !this.#beginningsOf(digits.length).has(digits)) return true;
    this.#forgetRested(now);
    return !this.#beginningsOf(digits.length).has(digits);
  }

  rooms(
    after: string | undefined,
    most: number,
    now: number,
  ): { readonly items: readonly Reservation[]; readonly isEnd: boolean } {
    const items: Reservation[] = [];
    for (let place = after === undefined ? 0 : this.#placeAfter(after); place < this.#order.length; place++) {
      if (items.length === most) return { items, isEnd: false };
      const reservation = this.find(this.#order[place] ?? "", now);
      if (reservation !== undefined) items.push(reservation);
    }
    return { items, isEnd: true };
  }

  restingPins(now: number): readonly RestingPin[] {
    const resting = [...this.#resting].map(([digits, until]) => ({ digits, until }));
    for (const { digits, validUntil } of this.#rooms.values()) {
      if (validUntil !== undefined && validUntil <= now) resting.push({ digits, until: validUntil + this.#restMs });
    }
    const still = resting
      .filter(({ until }) => until > now)
      .sort((left, right) => (left.digits < right.digits ? -1 : 1));
    return still.map(({ digits, until }) => ({ pin: pinOf(digits), until }));
  }

  apply(change: Change): void {
    switch (change[0]) {
      case "reserve": {
        const [, meetingId, digits, reservedAt, validUntil] = change;
        const before = this.#rooms.get(meetingId);
        if (before === undefined) this.#order.splice(this.#placeAfter(meetingId), 0, meetingId);
        if (before !== undefined && before.digits !== digits) {
          this.#owners.delete(before.digits);
          this.#drop(before.digits);
        }
        if (!this.#owners.has(digits) && !this.#resting.delete(digits)) this.#add(digits);
        this.#owners.set(digits, meetingId);
        this.#rooms.set(meetingId, { digits, reservedAt, validUntil: validUntil ?? undefined });
        return;
      }
      case "release": {
        const [, meetingId, restsUntil] = change;
        const room = this.#rooms.get(meetingId);
        if (room === undefined) return;
        this.#rooms.delete(meetingId);
        this.#owners.delete(room.digits);
        this.#order.splice(this.#placeAfter(meetingId) - 1, 1);
        this.#resting.set(room.digits, restsUntil);
        return;
      }
      case "rest": {
        const [, digits, until] = change;
        if (this.#owners.has(digits)) return;
        if (!this.#resting.has(digits)) this.#add(digits);
        this.#resting.set(digits, until);
      }
    }
  }

  /** Whether `sweep` would remove anything. */
  hasEnded(now: number): boolean {
    return (
      [...this.#rooms.values()].some((room) => isOver(room, now)) ||
      [...this.#resting.values()].some((until) => until <= now)
    );
  }

  /** Removes expired entries. Only before the journal is rewritten: the removal itself is not journaled. */
  sweep(now: number): void {
    for (const [meetingId, { validUntil }] of this.#rooms) {
      if (validUntil !== undefined && validUntil <= now) this.apply(["release", meetingId, validUntil + this.#restMs]);
    }
    this.#forgetRested(now);
  }

  /** The state as changes that rebuild it from an empty table. */
  *changes(): Generator<Change> {
    // In order, so that reading them back inserts only at the end.
    for (const meetingId of this.#order) {
      const room = this.#rooms.get(meetingId);
      if (room !== undefined) yield ["reserve", meetingId, room.digits, room.reservedAt, room.validUntil ?? null];
    }
    for (const [digits, until] of this.#resting) yield ["rest", digits, until];
  }

  #forgetRested(now: number): void {
    for (const [digits, until] of this.#resting) {
      if (until > now) continue;
      this.#resting.delete(digits);
      this.#drop(digits);
    }
  }

  #isTaken(digits: string, now: number): boolean {
    const owner = this.#owners.get(digits);
    if (owner === undefined) return (this.#resting.get(digits) ?? 0) > now;
    const validUntil = this.#rooms.get(owner)?.validUntil;
    return validUntil === undefined || validUntil + this.#restMs > now;
  }

  #add(digits: string): void {
    this.#lengths.set(digits.length, (this.#lengths.get(digits.length) ?? 0) + 1);
    for (const [length, beginnings] of this.#beginnings) {
      if (digits.length > length) count(beginnings, digits.slice(0, length), 1);
    }
  }

  #drop(digits: string): void {
    count(this.#lengths, digits.length, -1);
    for (const [length, beginnings] of this.#beginnings) {
      if (digits.length > length) count(beginnings, digits.slice(0, length), -1);
    }
  }

  #beginningsOf(length: number): ReadonlyMap<string, number> {
    const known = this.#beginnings.get(length);
    if (known !== undefined) return known;
    const beginnings = new Map<string, number>();
    for (const digits of [...this.#owners.keys(), ...this.#resting.keys()]) {
      if (digits.length > length) count(beginnings, digits.slice(0, length), 1);
    }
    this.#beginnings.set(length, beginnings);
    return beginnings;
  }

  /** The index of the first id after this one. */
  #placeAfter(meetingId: string): number {
    let [low, high] = [0, this.#order.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareIds(this.#order[middle] ?? "", meetingId) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function count<Key>(counts: Map<Key, number>, key: Key, by: number): void {
  const sum = (counts.get(key) ?? 0) + by;
  if (sum === 0) counts.delete(key);
  else counts.set(key, sum);
}

function isOver(room: Room, now: number): boolean {
  return room.validUntil !== undefined && room.validUntil <= now;
}

function reservationOf(meetingId: string, { digits, reservedAt, validUntil }: Room): Reservation {
  return { meetingId, pin: pinOf(digits), reservedAt, validUntil };
}

export function pinOf(digits: string): Pin {
  const pin = Pin.parse(digits);
  if (!pin.ok) throw new Error("a PIN in the store is none");
  return pin.value;
}
