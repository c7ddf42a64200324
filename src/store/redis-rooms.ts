import type { PinLengths } from "../call/interfaces.js";
import type { Pin } from "../caller/secret.js";
import { failure, type Result, success } from "../util/result.js";
import { drawPin, isReservablePin, maxDraws, maxReservablePinLength, minReservablePinLength } from "./pin-draw.js";
import type { RedisConnection, RedisScript } from "./redis-connection.js";
import {
  importRestingScript,
  importRoomScript,
  releaseScript,
  reserveScript,
  sweepScript,
} from "./redis-room-scripts.js";
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
import { pinOf } from "./room-table.js";

/** Candidate PINs per request; the script takes the first free one. */
const drawsAtOnce = 8;
/** Expired rooms are skipped in lists; maximum number of consecutive further requests. */
const maxRounds = 1_000;

const outcomes: ReadonlySet<string> = new Set<ImportOutcome>([
  "imported",
  "known",
  "room-has-another-pin",
  "pin-is-taken",
]);

/** Rooms in Redis, for several instances. Durability depends on Redis: `appendonly yes`. */
export class RedisRooms implements RoomStore {
  readonly #redis: RedisConnection;
  readonly #settings: RoomStoreSettings;
  readonly #keys: {
    readonly rooms: string;
    readonly owners: string;
    readonly digits: string;
    readonly resting: string;
    readonly order: string;
    readonly all: readonly string[];
  };

  /** @param prefix of all keys; instances with the same prefix share their rooms */
  constructor(redis: RedisConnection, prefix: string, settings: RoomStoreSettings) {
    this.#redis = redis;
    this.#settings = settings;
    const [rooms, owners, digits, resting, ending, order] = [
      "rooms",
      "owners",
      "digits",
      "resting",
      "ending",
      "order",
    ].map((name) => `{${prefix}}:${name}`) as [string, string, string, string, string, string];
    this.#keys = { rooms, owners, digits, resting, order, all: [rooms, owners, digits, resting, ending, order] };
  }

  async reserve(meetingId: string, validity: Validity): Promise<Result<Reserved, StoreFailure | "exhausted">> {
    const wish = validity === "as-it-is" ? validity : String(validity.until ?? "");
    for (let draws = 0; draws < maxDraws; draws += drawsAtOnce) {
      const drawn = Array.from({ length: drawsAtOnce }, () => drawPin(this.#settings)).filter(
        (digits) => digits !== undefined,
      );
      const answer = await this.#run(reserveScript, [meetingId, wish, ...drawn]);
      if (!answer.ok) return answer;
      const [outcome, ...value] = texts(answer.value);
      if (outcome === "taken") continue;
      const reservation = readRoom(meetingId, value.join("|"));
      if (reservation === undefined) return failure("unavailable");
      return success({ reservation, isNew: outcome === "new" });
    }
    return failure("exhausted");
  }

  async find(meetingId: string): Promise<Result<Reservation | undefined, StoreFailure>> {
    const answer = await this.#redis.command("HGET", this.#keys.rooms, meetingId);
    return answer.ok ? success(this.#current(meetingId, answer.value)) : answer;
  }

  async findByPin(pin: Pin): Promise<Result<Reservation | undefined, StoreFailure>> {
    const owner = await this.#redis.command("HGET", this.#keys.owners, pin.reveal());
    if (!owner.ok) return owner;
    if (typeof owner.value !== "string" || owner.value === "") return success(undefined);
    const found = await this.find(owner.value);
    // The room may have got another PIN between the two requests.
    return found.ok && found.value?.pin.equals(pin) !== true ? success(undefined) : found;
  }

  knows(): undefined {
    return undefined;
  }

  goesOnAfter(digits: string): false | undefined {
    return digits.length < maxReservablePinLength ? undefined : false;
  }

  async askGoesOnAfter(digits: string): Promise<Result<boolean, StoreFailure>> {
    if (this.goesOnAfter(digits) === false) return success(false);
    // `:` is the next ASCII character after the digits.
    const answer = await this.#redis.command(
      "ZRANGEBYLEX",
      this.#keys.digits,
      `(${digits}`,
      `(${digits}:`,
      "LIMIT",
      "0",
      "1",
    );
    return answer.ok ? success(texts(answer.value).length > 0) : answer;
  }

  get pinLengths(): PinLengths {
    return { shortest: minReservablePinLength, longest: maxReservablePinLength };
  }

  async release(meetingId: string): Promise<Result<boolean, StoreFailure>> {
    const answer = await this.#run(releaseScript, [meetingId]);
    return answer.ok ? success(answer.value === 1) : answer;
  }

  async list(after: string | undefined, most: number): Promise<Result<Page<Reservation>, StoreFailure>> {
    const items: Reservation[] = [];
    let place = after;
    for (let round = 0; round < maxRounds; round++) {
      // One more than requested, to detect a further page.
      const wanted = most - items.length + 1;
      const ids = await this.#redis.command(
        "ZRANGEBYLEX",
        this.#keys.order,
        place === undefined ? "-" : `(${place}`,
        "+",
        "LIMIT",
        "0",
        String(wanted),
      );
      if (!ids.ok) return ids;
      const names = texts(ids.value);
      if (names.length === 0) return success({ items, next: undefined });
      const values = await this.#redis.command("HMGET", this.#keys.rooms, ...names);
      if (!values.ok) return values;
      const rooms = Array.isArray(values.value) ? (values.value as readonly unknown[]) : [];
      for (const [index, name] of names.entries()) {
        const reservation = this.#current(name, rooms[index]);
        if (reservation !== undefined && items.length === most)
          return success({ items, next: items.at(-1)?.meetingId });
        if (reservation !== undefined) items.push(reservation);
      }
      if (names.length < wanted) return success({ items, next: undefined });
      place = names.at(-1);
    }
    return success({ items, next: place });
  }

  async listResting(after: string | undefined, most: number): Promise<Result<Page<RestingPin>, StoreFailure>> {
    const now = this.#settings.now();
    for (let round = 0; round < maxRounds; round++) {
      const swept = await this.#run(sweepScript, []);
      if (!swept.ok) return swept;
      if (swept.value === 0) break;
    }
    const answer = await this.#redis.command("ZRANGE", this.#keys.resting, `(${now}`, "+inf", "BYSCORE", "WITHSCORES");
    if (!answer.ok) return answer;
    const resting = pairs(answer.value).flatMap(([digits, until]) =>
      after === undefined || digits > after ? [{ digits, until }] : [],
    );
    resting.sort((left, right) => (left.digits < right.digits ? -1 : 1));
    const items = resting.slice(0, most).map(({ digits, until }) => ({ pin: pinOf(digits), until }));
    return success({ items, next: resting.length > most ? items.at(-1)?.pin.reveal() : undefined });
  }

  async import(
    records: readonly (Reservation | RestingPin)[],
  ): Promise<Result<readonly ImportOutcome[], StoreFailure>> {
    const found: ImportOutcome[] = [];
    for (const record of records) {
      const outcome = await this.#import(record);
      if (!outcome.ok) return outcome;
      found.push(outcome.value);
    }
    return success(found);
  }

  async close(): Promise<void> {
    await this.#redis.close();
  }

  async #import(record: Reservation | RestingPin): Promise<Result<ImportOutcome, StoreFailure>> {
    const digits = record.pin.reveal();
    if (!("meetingId" in record)) {
      const answer = await this.#run(importRestingScript, [digits, String(record.until)]);
      return answer.ok ? outcomeOf(answer.value) : answer;
    }
    const { meetingId, reservedAt, validUntil } = record;
    if (!isReservablePin(digits)) return success("pin-is-taken");
    const answer = await this.#run(importRoomScript, [meetingId, digits, String(reservedAt), String(validUntil ?? "")]);
    return answer.ok ? outcomeOf(answer.value) : answer;
  }

  async #run(script: RedisScript, values: readonly string[]): Promise<Result<unknown, StoreFailure>> {
    return await this.#redis.run(script, this.#keys.all, [
      String(this.#settings.now()),
      String(this.#settings.restMs),
      ...values,
    ]);
  }

  #current(meetingId: string, value: unknown): Reservation | undefined {
    const reservation = typeof value === "string" ? readRoom(meetingId, value) : undefined;
    const isOver = reservation?.validUntil !== undefined && reservation.validUntil <= this.#settings.now();
    return isOver ? undefined : reservation;
  }
}

function readRoom(meetingId: string, value: string): Reservation | undefined {
  const [digits = "", reservedAt, validUntil = ""] = value.split("|");
  if (!/^[0-9]{5,11}$/.test(digits)) return undefined;
  return {
    meetingId,
    pin: pinOf(digits),
    reservedAt: Number(reservedAt),
    validUntil: validUntil === "" ? undefined : Number(validUntil),
  };
}

function outcomeOf(value: unknown): Result<ImportOutcome, StoreFailure> {
  return typeof value === "string" && outcomes.has(value) ? success(value as ImportOutcome) : failure("unavailable");
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? (value as readonly unknown[]).filter((each) => typeof each === "string") : [];
}

/** Members with scores: a flat list in RESP 2, pairs in RESP 3. */
function pairs(value: unknown): readonly (readonly [string, number])[] {
  const flat = Array.isArray(value) ? (value as readonly unknown[]).flat() : [];
  const found: [string, number][] = [];
  for (let place = 0; place + 1 < flat.length; place += 2) found.push([String(flat[place]), Number(flat[place + 1])]);
  return found;
}
