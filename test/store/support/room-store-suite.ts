import { randomInt } from "node:crypto";

import type { Test } from "tap";

import { Pin } from "../../../src/caller/secret.js";
import { exportLines, formatRecord, parseRecord } from "../../../src/store/json-lines.js";
import type { Reservation, RoomStore, RoomStoreSettings } from "../../../src/store/room-store.js";
import type { Result } from "../../../src/util/result.js";

/** Clock and random numbers of a store under test. */
export class Hand implements RoomStoreSettings {
  pinLength = 9;
  restMs = 1_000;
  time = 1_760_000_000_000;
  draws: number[] = [];
  inUse = new Set<string>();

  readonly now = (): number => this.time;

  readonly randomBelow = (limit: number): number => this.draws.shift() ?? randomInt(limit);

  readonly isInUse = (digits: string): boolean => this.inUse.has(digits);
}

/** Opens an empty store, or a further one on the same data. */
export interface StoreKind {
  readonly open: (place: string, hand: RoomStoreSettings) => Promise<RoomStore>;
}

export function value<Value>(result: Result<Value, unknown>): Value {
  if (!result.ok) throw new Error(`failed: ${String(result.failure)}`);
  return result.value;
}

async function lines(store: RoomStore): Promise<string[]> {
  const all: string[] = [];
  for await (const line of exportLines(store)) all.push(value(line));
  return all;
}

async function pinOf(store: RoomStore, meetingId: string): Promise<string> {
  return value(await store.reserve(meetingId, "as-it-is")).reservation.pin.reveal();
}

async function allRooms(store: RoomStore, most: number): Promise<Reservation[]> {
  const rooms: Reservation[] = [];
  let after: string | undefined;
  for (let page = 0; page < 100; page++) {
    const { items, next } = value(await store.list(after, most));
    rooms.push(...items);
    if (next === undefined) return rooms;
    after = next;
  }
  throw new Error("the list has no end");
}

const strangeIds = [
  "x",
  "a b",
  "a/b?c#d%2F",
  "..",
  "Übung — 会議 🎙",
  "\u0000\n\r\t",
  "__proto__",
  "constructor",
  "|",
  "a|b",
  "'\"\\",
  "\uffff",
  "\u{10ffff}",
  "é",
  "e\u0301",
  "m".repeat(256),
  "🎙".repeat(128),
];

/** The tests that every room store has to pass. */
export async function testRoomStore(t: Test, { open }: StoreKind): Promise<void> {
  const opened: RoomStore[] = [];
  const start = async (place: string, hand: RoomStoreSettings): Promise<RoomStore> => {
    const store = await open(place, hand);
    opened.push(store);
    return store;
  };
  t.teardown(async () => {
    for (const store of opened) await store.close();
  });

  await t.test("a room keeps its PIN", async (t) => {
    const store = await start("keeps", new Hand());
    const first = value(await store.reserve("room", "as-it-is"));
    t.equal(first.isNew, true);
    t.match(first.reservation.pin.reveal(), /^[1-9][0-9]{8}$/);
    const second = value(await store.reserve("room", "as-it-is"));
    t.equal(second.isNew, false);
    t.ok(second.reservation.pin.equals(first.reservation.pin));
    t.same(
      { ...value(await store.find("room")), pin: undefined },
      { meetingId: "room", pin: undefined, reservedAt: 1_760_000_000_000, validUntil: undefined },
    );
    t.equal(value(await store.findByPin(first.reservation.pin))?.meetingId, "room");
    t.equal(value(await store.find("Room")), undefined);
    const other = Pin.parse("123456");
    t.equal(other.ok ? value(await store.findByPin(other.value)) : "", undefined);
  });

  await t.test("concurrent reservations of one room return one PIN, of different rooms different PINs", async (t) => {
    const store = await start("at-once", new Hand());
    const ids = Array.from({ length: 300 }, (_, place) => `room-${place % 100}`);
    const results = await Promise.all(ids.map(async (id) => value(await store.reserve(id, "as-it-is"))));
    t.equal(results.filter((each) => each.isNew).length, 100);
    const pins = new Map<string, Set<string>>();
    for (const { reservation } of results)
      pins.set(reservation.meetingId, (pins.get(reservation.meetingId) ?? new Set()).add(reservation.pin.reveal()));
    t.ok([...pins.values()].every((each) => each.size === 1));
    t.equal(new Set([...pins.values()].flatMap((each) => [...each])).size, 100);
  });

  await t.test("ids of every kind", async (t) => {
    const store = await start("ids", new Hand());
    for (const id of strangeIds) t.equal(value(await store.reserve(id, "as-it-is")).isNew, true, JSON.stringify(id));
    for (const id of strangeIds) t.equal(value(await store.find(id))?.meetingId, id);
    const inOrder = [...strangeIds].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
    t.same(
      (await allRooms(store, 3)).map((each) => each.meetingId),
      inOrder,
    );
    for (const id of strangeIds) t.equal(value(await store.release(id)), true);
    t.same(await allRooms(store, 3), []);
  });

  await t.test("a released PIN rests before it is assigned again", async (t) => {
    const hand = new Hand();
    const store = await start("rests", hand);
    hand.draws = [1];
    t.equal(await pinOf(store, "one"), "100000001");
    t.equal(value(await store.release("one")), true);
    t.equal(value(await store.release("one")), false);
    t.equal(value(await store.find("one")), undefined);
    hand.draws = [1, 2];
    t.equal(await pinOf(store, "one"), "100000002", "not even the room that had it");
    hand.time += 999;
    hand.draws = [1, 3];
    t.equal(await pinOf(store, "two"), "100000003");
    hand.time += 1;
    hand.draws = [1];
    t.equal(await pinOf(store, "three"), "100000001");
    hand.draws = [];
  });

  await t.test("validity", async (t) => {
    const hand = new Hand();
    const store = await start("validity", hand);
    const begin = hand.time;
    hand.draws = [5];
    const { reservation } = value(await store.reserve("room", { until: begin + 100 }));
    t.equal(reservation.validUntil, begin + 100);
    t.equal(
      value(await store.reserve("room", "as-it-is")).reservation.validUntil,
      begin + 100,
      "a question changes nothing",
    );
    t.equal(value(await store.reserve("room", { until: begin + 200 })).reservation.validUntil, begin + 200);
    hand.time = begin + 199;
    t.equal(value(await store.find("room"))?.validUntil, begin + 200);
    hand.time = begin + 200;
    t.equal(value(await store.find("room")), undefined);
    t.equal(value(await store.findByPin(reservation.pin)), undefined);
    t.equal(value(await store.release("room")), false);
    t.same(await allRooms(store, 10), []);
    hand.draws = [5, 6];
    const again = value(await store.reserve("room", "as-it-is"));
    t.equal(again.isNew, true);
    t.equal(again.reservation.pin.reveal(), "100000006", "the old PIN rests from the end of its validity on");
    t.equal(again.reservation.validUntil, undefined);
    hand.time = begin + 1_200;
    hand.draws = [5];
    t.equal(await pinOf(store, "other"), "100000005");
    t.equal(value(await store.reserve("other", { until: begin + 9_999 })).reservation.validUntil, begin + 9_999);
    t.equal(value(await store.reserve("other", { until: undefined })).reservation.validUntil, undefined);
    hand.draws = [];
  });

  await t.test("times in the distant past and future", async (t) => {
    const hand = new Hand();
    const store = await start("extremes", hand);
    for (const [place, until] of [Date.parse("0000-01-01T00:00:00Z"), -1, 0, 1].entries()) {
      const id = `over ${place}`;
      t.equal(value(await store.reserve(id, { until })).reservation.validUntil, until);
      t.equal(value(await store.find(id)), undefined);
      t.equal(value(await store.reserve(id, "as-it-is")).isNew, true, "and can be reserved again");
      t.equal(value(await store.reserve(id, { until })).isNew, false);
    }
    const last = Date.parse("9999-12-31T23:59:59.999Z");
    t.equal(value(await store.reserve("stays", { until: last })).reservation.validUntil, last);
    t.equal(value(await store.find("stays"))?.validUntil, last);
    t.equal(value(await store.reserve("another", "as-it-is")).isNew, true, "the store continues");
    t.same(
      (await allRooms(store, 10)).map(({ meetingId }) => meetingId),
      ["another", "stays"],
    );
    const old = Pin.parse("444444444");
    if (old.ok)
      t.same(value(await store.import([{ meetingId: "old", pin: old.value, reservedAt: -5, validUntil: undefined }])), [
        "imported",
      ]);
    t.equal(value(await store.find("old"))?.reservedAt, -5);
    t.equal(value(await store.release("old")), true);
  });

  await t.test("no PIN is a prefix of another", async (t) => {
    const hand = new Hand();
    const store = await start("beginnings", hand);
    hand.draws = [123_456_789 - 100_000_000];
    await pinOf(store, "nine");
    hand.pinLength = 5;
    hand.draws = [12_345 - 10_000, 12_346 - 10_000];
    t.equal(await pinOf(store, "five"), "12346");
    hand.pinLength = 7;
    hand.draws = [1_234_600 - 1_000_000, 1_234_567 - 1_000_000, 1_234_700 - 1_000_000];
    t.equal(
      await pinOf(store, "seven"),
      "1234700",
      "neither what would be a breakout room of another, nor its beginning",
    );
    t.equal(value(await store.release("nine")), true);
    hand.pinLength = 5;
    hand.draws = [12_345 - 10_000, 12_348 - 10_000];
    t.equal(await pinOf(store, "another"), "12348", "a resting one counts as well");
    hand.time += 1_000;
    hand.draws = [12_345 - 10_000];
    t.equal(await pinOf(store, "last"), "12345");
    hand.draws = [];
  });

  await t.test("whether digits are a prefix of a PIN", async (t) => {
    const hand = new Hand();
    const store = await start("goes-on", hand);
    hand.draws = [123_456_789 - 100_000_000];
    await pinOf(store, "nine");
    hand.draws = [];
    for (const [digits, goesOn] of [
      ["1", true],
      ["1234", true],
      ["12345", true],
      ["12345678", true],
      ["123456789", false],
      ["1234567890", false],
      ["12346", false],
      ["9", false],
      ["0", false],
    ] as const) {
      t.same(await store.askGoesOnAfter(digits), { ok: true, value: goesOn }, digits);
      const remembered = store.goesOnAfter(digits);
      t.ok(remembered === undefined || remembered === goesOn, `${digits} from memory: ${String(remembered)}`);
    }
    t.equal(store.goesOnAfter("123456789"), false, "after the longest PIN there is nothing to ask");
    t.equal(value(await store.release("nine")), true);
    t.same(await store.askGoesOnAfter("12345"), { ok: true, value: true }, "one that rests may still be typed");
  });

  await t.test("PINs in use elsewhere and BBB's echo test are not assigned", async (t) => {
    const hand = new Hand();
    const store = await start("in-use", hand);
    hand.pinLength = 5;
    hand.inUse = new Set(["10000"]);
    hand.draws = [0, 89_999, 1];
    t.equal(await pinOf(store, "room"), "10001");
  });

  await t.test("exhaustion of PINs is reported without hanging", async (t) => {
    const hand = new Hand();
    const store = await start("exhausted", hand);
    hand.draws = [7];
    t.equal(await pinOf(store, "one"), "100000007");
    hand.draws = Array.from({ length: 1_000 }, () => 7);
    t.same(await store.reserve("two", "as-it-is"), { ok: false, failure: "exhausted" });
    t.same(value(await store.reserve("one", "as-it-is")).isNew, false);
    hand.draws = [];
  });

  await t.test("lists in pages, while rooms are added and deleted", async (t) => {
    const store = await start("pages", new Hand());
    const ids = Array.from({ length: 25 }, (_, place) => `room ${String(place).padStart(2, "0")}`);
    for (const id of ids) await store.reserve(id, "as-it-is");
    for (const most of [1, 7, 25, 26])
      t.same(
        (await allRooms(store, most)).map((each) => each.meetingId),
        ids,
      );
    const first = value(await store.list(undefined, 10));
    t.equal(first.next, "room 09");
    await store.release("room 09");
    await store.reserve("room 00a", "as-it-is");
    t.equal(value(await store.list(first.next, 10)).items[0]?.meetingId, "room 10");
  });

  await t.test("out and in again as JSON lines", async (t) => {
    const hand = new Hand();
    const from = await start("export", hand);
    for (const id of strangeIds) await from.reserve(id, "as-it-is");
    await from.reserve("ends", { until: hand.time + 50_000 });
    await from.reserve("over", { until: hand.time });
    await from.release("x");
    const exported = await lines(from);
    t.equal(exported.length, strangeIds.length + 2);
    t.equal(exported.filter((line) => line.includes("restingPin")).length, 2);

    const records = exported.map((line) => value(parseRecord(line)));
    t.same(records.map(formatRecord), exported);
    const to = await start("import", hand);
    t.same(new Set(value(await to.import(records))), new Set(["imported"]));
    t.same(await lines(to), exported);
    t.same(new Set(value(await to.import(records))), new Set(["known"]), "twice is once");
    t.same(await lines(to), exported);

    const [room] = records;
    if (room === undefined || !("meetingId" in room)) throw new Error("no room was exported");
    const moved = { ...room, meetingId: "moved" };
    const other = Pin.parse("55555");
    const another = { ...room, pin: other.ok ? other.value : room.pin };
    t.same(value(await to.import([moved, another])), ["pin-is-taken", "room-has-another-pin"]);
    const beginning = Pin.parse(room.pin.reveal().slice(0, 6));
    if (beginning.ok)
      t.same(value(await to.import([{ ...room, meetingId: "new", pin: beginning.value }])), ["pin-is-taken"]);
    hand.draws = records.flatMap((record) =>
      "meetingId" in record ? [] : [Number(record.pin.reveal()) - 100_000_000],
    );
    const drawn = new Set(records.map((record) => record.pin.reveal()));
    t.notOk(drawn.has(await pinOf(to, "fresh")), "imported resting PINs rest");
    hand.draws = [];
  });

  await t.test("written data is present after closing and opening", async (t) => {
    const hand = new Hand();
    const before = await open("reopened", hand);
    await before.reserve("one", "as-it-is");
    await before.reserve("two", { until: hand.time + 5_000 });
    await before.reserve("gone", "as-it-is");
    await before.release("gone");
    const exported = await lines(before);
    t.equal(exported.length, 3);
    await before.close();
    const after = await start("reopened", hand);
    t.same(await lines(after), exported);
  });
}
