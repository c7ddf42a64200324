import t from "tap";

import type { ImportReport, Room, RoomPage, RoomStatus, Statistics } from "../../src/http/api-schemas.js";
import { HttpHarness, tokenConfig } from "./support/http-harness.js";

function path(id: string): string {
  return `/rooms/${encodeURIComponent(id)}`;
}

await t.test("reserve, ask, delete", async (t) => {
  const world = await HttpHarness.start(t, { http: { publicUrl: "https://phone.example.org/dial" } });
  const first = await world.api("PUT", path("room"));
  t.equal(first.status, 201);
  const room = (await first.json()) as Room;
  t.match(room.pin, /^[1-9][0-9]{8}$/);
  t.equal(room.voiceBridge, room.pin);
  t.equal(room.pinFormatted, `${room.pin.slice(0, 3)} ${room.pin.slice(3, 6)} ${room.pin.slice(6)}`);
  t.equal(room.dialNumber, "+49 30 23125001");
  t.equal(room.page, `https://phone.example.org/dial/#${room.pin}`);
  t.equal(room.validUntil, null);
  t.same(
    room.numbers.map(({ oneTap }) => oneTap),
    ["+493023125001", "+498001234567", "+43720123456", "+442079460123"].map(
      (number) => `tel:${number},,${room.pin}%23`,
    ),
  );
  t.match(room.qrCode, /^<svg xmlns/);
  t.equal(
    room.text.de,
    [
      "Per Telefon teilnehmen:",
      "+49 30 23125001 (Berlin)",
      "+49 800 1234567 (Deutschland)",
      "+43 720 123456 (Wien)",
      "+44 20 7946 0123 (London)",
      `PIN: ${room.pinFormatted} # (dann die Raute-Taste)`,
      `Direkt wählen: tel:+493023125001,,${room.pin}%23`,
      `So geht es: https://phone.example.org/dial/?lang=de#${room.pin}`,
    ].join("\n"),
  );
  t.match(room.text.en, /^Join by phone:\n\+43 720 123456 \(Wien\)\n/, "numbers that speak English come first");

  const again = await world.api("PUT", path("room"), { body: {} });
  t.equal(again.status, 200);
  t.same(await again.json(), room, "the same after each request");
  t.same(await world.json("GET", path("room")), room);
  t.equal((await world.api("DELETE", path("room"))).status, 204);
  t.equal((await world.api("DELETE", path("room"))).status, 404);
  t.equal((await world.api("GET", path("room"))).status, 404);
  t.not((await world.json<Room>("PUT", path("room"))).pin, room.pin);
});

await t.test("a room id is any text", async (t) => {
  const world = await HttpHarness.start(t);
  const ids = [
    "a",
    "a/b",
    "a?b#c",
    "%2F",
    "über 会議 🎙",
    "a b+c",
    "\u0000\u0001",
    "__proto__",
    "constructor",
    "x".repeat(256),
    "🎙".repeat(128),
    "a,b",
    "'\";--",
    "\u202e",
    "status",
  ];
  for (const id of ids) {
    const room = await world.json<Room>("PUT", path(id));
    t.equal(room.meetingID, id);
    t.equal((await world.json<Room>("GET", path(id))).pin, room.pin);
    t.equal((await world.json<RoomStatus>("GET", `${path(id)}/status`)).meetingID, id);
  }
  t.equal((await world.json<RoomPage>("GET", "/rooms")).rooms.length, ids.length);
  for (const id of ["x".repeat(257), "🎙".repeat(129)]) t.equal((await world.api("PUT", path(id))).status, 400);
  t.equal((await world.api("PUT", path("x".repeat(5_000)))).status, 414);
  t.equal((await world.api("PUT", "/rooms/%ff%fe")).status, 400, "no UTF-8");
  t.equal((await world.api("PUT", "/rooms/%ed%a0%80")).status, 400, "half a surrogate pair");
  t.equal((await world.api("PUT", "/rooms/")).status, 400);
});

await t.test("a reservation that ends", async (t) => {
  const world = await HttpHarness.start(t);
  const soon = new Date(Date.now() + 3_600_000).toISOString();
  t.equal((await world.json<Room>("PUT", path("room"), { body: { validUntil: soon } })).validUntil, soon);
  t.equal((await world.json<Room>("PUT", path("room"))).validUntil, soon, "what is left out stays");
  t.equal((await world.json<Room>("PUT", path("room"), { body: { validUntil: null } })).validUntil, null);
  t.equal(
    (await world.json<Room>("PUT", path("room"), { body: { validUntil: "2099-01-01T00:00:00+02:00" } })).validUntil,
    "2098-12-31T22:00:00.000Z",
  );
  t.equal(
    (await world.json<Room>("PUT", path("room"), { body: { validUntil: "2001-01-01T00:00:00Z" } })).validUntil,
    "2001-01-01T00:00:00.000Z",
  );
  t.equal((await world.api("GET", path("room"))).status, 404);
  for (const body of [
    { validUntil: "tomorrow" },
    { validUntil: 5 },
    { validUntil: "2026-11-20" },
    { valid_until: soon },
    ["x"],
    "x",
    5,
  ]) {
    const answer = await world.api("PUT", path("room"), { body });
    t.equal(answer.status, 400, JSON.stringify(body));
  }
  t.equal((await world.api("PUT", path("room"), { body: null })).status, 201, "null says nothing");
});

await t.test("the status has counts and no caller data", async (t) => {
  const world = await HttpHarness.start(t);
  const { pin } = await world.json<Room>("PUT", path("room"));
  t.same(await world.json("GET", `${path("room")}/status`), { meetingID: "room", running: false, callers: 0 });
  world.callers.set(pin, 3);
  t.same(await world.json("GET", `${path("room")}/status`), { meetingID: "room", running: true, callers: 3 });
  t.equal((await world.api("GET", `${path("other")}/status`)).status, 404);
  const unknown = await HttpHarness.start(t, { services: { isRunning: () => undefined } });
  await unknown.api("PUT", path("room"));
  t.equal((await unknown.json<RoomStatus>("GET", `${path("room")}/status`)).running, null);
});

await t.test("lists, page by page", async (t) => {
  const world = await HttpHarness.start(t);
  const ids = Array.from({ length: 23 }, (_, place) => `room ${String(place).padStart(2, "0")} ü`);
  for (const id of ids) await world.api("PUT", path(id));
  const seen: string[] = [];
  let next: string | null = null;
  for (let page = 0; page < 10; page++) {
    const query: string = next === null ? "" : `&after=${encodeURIComponent(next)}`;
    const answer: RoomPage = await world.json<RoomPage>("GET", `/rooms?limit=5${query}`);
    seen.push(...answer.rooms.map(({ meetingID }) => meetingID));
    next = answer.next;
    if (next === null) break;
  }
  t.same(seen, ids);
  for (const limit of ["0", "1001", "-1", "x", "5.5", ""])
    t.equal((await world.api("GET", `/rooms?limit=${limit}`)).status, 400);
});

await t.test("all PINs out, and into another store", async (t) => {
  const from = await HttpHarness.start(t);
  for (let number = 0; number < 2_500; number++) await from.rooms.reserve(`room ${number}`, "as-it-is");
  await from.rooms.release("room 7");
  const exported = await from.api("GET", "/rooms.jsonl");
  t.equal(exported.headers.get("content-type"), "application/jsonl");
  const lines = await exported.text();
  t.equal(lines.trimEnd().split("\n").length, 2_500);

  const to = await HttpHarness.start(t);
  const send = async (text: string): Promise<ImportReport> => {
    const answer = await fetch(`${to.url}/api/v1/rooms.jsonl`, {
      method: "POST",
      body: text,
      headers: { authorization: "Bearer token-of-the-tests", "content-type": "application/jsonl" },
    });
    t.equal(answer.status, 200);
    return (await answer.json()) as ImportReport;
  };
  t.same(await send(lines), { imported: 2_500, known: 0, refused: [], refusedInAll: 0 });
  t.same(await send(lines), { imported: 0, known: 2_500, refused: [], refusedInAll: 0 });
  t.equal(await (await to.api("GET", "/rooms.jsonl")).text(), lines);

  const [first = ""] = lines.split("\n");
  const room = JSON.parse(first) as { pin: string };
  const at = "2026-01-01T00:00:00Z";
  const report = await send(
    [
      JSON.stringify({ ...room, meetingID: "thief" }),
      "",
      "no json",
      JSON.stringify({ meetingID: "room 1", pin: "555555555", reservedAt: at }),
      JSON.stringify({ meetingID: "new", pin: "012345678", reservedAt: at }),
      JSON.stringify({ meetingID: "echo", pin: "99999", reservedAt: at }),
      JSON.stringify({ meetingID: "long", pin: "1234567890", reservedAt: at }),
      JSON.stringify({ meetingID: "", pin: "44444", reservedAt: at }),
      JSON.stringify({ restingPin: "777777777", until: "2099-01-01T00:00:00Z" }),
    ].join("\r\n"),
  );
  t.same([report.imported, report.known, report.refusedInAll], [2, 0, 6]);
  t.same(
    report.refused.map(({ line }) => line),
    [1, 3, 4, 6, 7, 8],
  );
  t.same([report.refused[0]?.reason, report.refused[2]?.reason], ["pin-is-taken", "room-has-another-pin"]);
  t.notMatch(JSON.stringify(report), room.pin, "a report contains no PINs");
  t.equal((await to.json<Room>("GET", "/rooms/new")).pin, "012345678");
  t.same(await send(""), { imported: 0, known: 0, refused: [], refusedInAll: 0 });
});

await t.test("Jitsi's conference mapper", async (t) => {
  const world = await HttpHarness.start(t);
  const ask = async (query: string, token?: null): Promise<unknown> =>
    await (await world.api("GET", `/jitsi/conf-code?${query}`, token === null ? { token } : {})).json();
  const made = (await ask("conference=room%40muc.example.org&url=https%3A%2F%2Fmeet.example.org")) as { id: number };
  t.same(made, {
    message: "Successfully retrieved conference mapping",
    id: made.id,
    conference: "room@muc.example.org",
  });
  t.equal((await world.json<Room>("GET", path("room@muc.example.org"))).pin, String(made.id));
  t.same(await ask(`id=${made.id}`), made);
  t.same(await ask("id=12345"), { message: "No conference mapping was found", id: 12345, conference: false });
  t.match(await ask("x=y"), { code: "invalid-request" });
  t.match(await ask(`conference=room%40muc.example.org`, null), { code: "token-missing" });

  const open = await HttpHarness.start(t, { services: { jitsiConfCode: "public" } });
  await open.api("PUT", path("known"));
  t.match(await (await open.api("GET", "/jitsi/conf-code?conference=known", { token: null })).json(), {
    conference: "known",
    id: Number,
  });
  t.same(await (await open.api("GET", "/jitsi/conf-code?conference=unknown", { token: null })).json(), {
    message: "No conference mapping was found",
    id: false,
    conference: "unknown",
  });
  t.equal((await open.json<RoomPage>("GET", "/rooms")).rooms.length, 1, "without a token nothing is reserved");
  const { pin } = await open.json<Room>("GET", path("known"));
  for (const tried of [pin, "12345"]) {
    const answer = await open.api("GET", `/jitsi/conf-code?id=${tried}`, { token: null });
    t.equal(answer.status, 401, "a right PIN and a wrong one are answered alike");
    t.notMatch(await answer.text(), "known");
  }
  t.match(
    await (await open.api("GET", `/jitsi/conf-code?id=${pin}`)).json(),
    { conference: "known" },
    "with a token it is as ever",
  );
  const reading = await HttpHarness.start(t, {
    services: { jitsiConfCode: "public" },
    http: { tokens: [tokenConfig("reader", "reader", ["rooms:read"])] },
  });
  t.equal(
    (await reading.api("GET", `/jitsi/conf-code?id=${pin}`, { token: "reader" })).status,
    403,
    "of the scope that it needs without public, too",
  );
});

await t.test("statistics", async (t) => {
  const world = await HttpHarness.start(t);
  world.callers.set("123456789", 2);
  world.callers.set("223456789", 1);
  t.same(await world.json<Statistics>("GET", "/statistics", { token: null }), {
    callsNow: 3,
    conferencesWithCallers: 2,
    days: [
      { day: "2026-11-19", calls: 3, minutes: 2 },
      { day: "2026-11-20", calls: 1, minutes: 0 },
    ],
  });
  t.equal((await world.json<Statistics>("GET", "/statistics?days=1")).days.length, 1);
  const closed = await HttpHarness.start(t, { services: { statistics: "token" } });
  t.equal((await closed.api("GET", "/statistics", { token: null })).status, 401);
  t.equal((await closed.api("GET", "/statistics")).status, 200);
  const off = await HttpHarness.start(t, { services: { statistics: "off", daySums: undefined } });
  t.equal((await off.api("GET", "/statistics")).status, 404);
});
