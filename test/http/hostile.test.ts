import { connect } from "node:net";
import process from "node:process";

import t from "tap";

import { collectGarbage } from "../support/collect-garbage.js";
import { type Seeded, seeded } from "../support/seeded.js";
import { HttpHarness, tokenConfig } from "./support/http-harness.js";

t.setTimeout(500_000);

/** Each run sends the same requests; another seed sends others: `SEED=7 ROUNDS=50000 node dist/test/http/hostile.test.js` */
const seed = Number(process.env["SEED"] ?? "4");
const rounds = Number(process.env["ROUNDS"] ?? "3000");
const rawRounds = Math.ceil(rounds / 3);
/** Limit for each response in milliseconds. */
const deadline = 10_000;

const paths = [
  "/",
  "/healthz",
  "/readyz",
  "/api/v1",
  "/api/v1/dial-in-numbers",
  "/api/v1/jitsi/dial-in-numbers",
  "/api/v1/jitsi/dial-in-numbers-by-country",
  "/api/v1/jitsi/conf-code",
  "/api/v1/rooms",
  "/api/v1/rooms/ID",
  "/api/v1/rooms/ID/status",
  "/api/v1/rooms.jsonl",
  "/api/v1/statistics",
  "/api/v1/openapi.json",
  "/api/v1/problems",
  "/api/v1/problems/ID",
] as const;
const methods = ["GET", "HEAD", "PUT", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "QUERY", "PROPFIND"] as const;
const names = [
  "country",
  "language",
  "lang",
  "after",
  "limit",
  "days",
  "conference",
  "id",
  "pin",
  "view",
  "url",
  "__proto__",
  "constructor",
  "toString",
  "a[]",
  "a.b",
  "",
] as const;
const texts = [
  "",
  "x",
  "DE",
  "de",
  "12345",
  "123456789",
  "99999",
  "-1",
  "1e9",
  "NaN",
  "null",
  "undefined",
  "true",
  "../../etc/passwd",
  "..",
  ".",
  "%00",
  "\u0000",
  "a\nb",
  "<script>alert(1)</script>",
  "'\"><svg onload=1>",
  "{{7*7}}",
  "${7*7}",
  "' OR 1=1 --",
  "\u202e",
  "\ud83c\udf99",
  "ü",
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "x".repeat(256),
  "x".repeat(257),
  "9".repeat(300),
  "a,b",
  "*",
  "(((((",
  "\\",
  "room 1",
] as const;
const bodies = [
  "",
  "{}",
  "[]",
  "null",
  "5",
  '"x"',
  "{",
  "{}{}",
  '{"validUntil":null}',
  '{"validUntil":5}',
  '{"validUntil":"2030-01-01T00:00:00Z"}',
  '{"validUntil":"9999999-01-01"}',
  '{"__proto__":{"x":1}}',
  '{"constructor":{"prototype":{"x":1}}}',
  "[".repeat(5_000),
  `{"a":${"[".repeat(2_000)}${"]".repeat(2_000)}}`,
  '{"validUntil":"\\ud800"}',
  `"${"x".repeat(17_000)}"`,
  '{"meetingID":"x","pin":"12345","reservedAt":"2026-01-01T00:00:00Z"}',
  '{"restingPin":"55555","until":"2999-01-01T00:00:00Z"}\n'.repeat(20),
] as const;
const types = [
  "application/json",
  "application/json; charset=utf-16",
  "application/jsonl",
  "text/plain",
  "multipart/form-data; boundary=x",
  "application/x-www-form-urlencoded",
  "x",
  "",
] as const;
const authorizations = [
  "",
  "Bearer token-of-the-tests",
  "Bearer token-of-the-tests",
  "Bearer token-of-the-tests",
  "Bearer reader",
  "Bearer x",
  "Basic eDp5",
  "Bearer",
  "Bearer \u00e9",
  `Bearer ${"x".repeat(3_000)}`,
] as const;

function anyText(random: Seeded): string {
  if (random.below(3) > 0) return random.pick(texts);
  // A lone surrogate cannot be percent-encoded.
  return Array.from({ length: random.below(40) }, () =>
    String.fromCodePoint(random.below(random.below(2) === 0 ? 128 : 0xd800)),
  ).join("");
}

function anyPath(random: Seeded): string {
  const id =
    random.below(6) === 0
      ? random.pick(["%", "%zz", "%ff", "%ed%a0%80", "%C0%80", "//", "%2F..%2F", ";x", "a?b"])
      : encodeURIComponent(anyText(random));
  const query = Array.from(
    { length: random.below(4) },
    () =>
      `${encodeURIComponent(random.below(8) === 0 ? anyText(random) : random.pick(names))}=${random.below(10) === 0 ? "%" : encodeURIComponent(anyText(random))}`,
  );
  return random.pick(paths).replace("ID", () => id) + (query.length > 0 ? `?${query.join("&")}` : "");
}

async function ask(
  world: HttpHarness,
  random: Seeded,
): Promise<{ readonly what: string; readonly status: number; readonly text: string }> {
  const method = random.pick(methods);
  const path = anyPath(random);
  const headers: Record<string, string> = {};
  const authorization = random.pick(authorizations);
  if (authorization !== "") headers["authorization"] = authorization;
  if (random.below(4) === 0)
    headers["accept-language"] = random.pick([
      "de",
      "xx-invalid-tag-",
      "*;q=0",
      ",,,;;;=",
      "x".repeat(5_000),
      "en;q=9e9",
    ]);
  if (random.below(4) === 0) headers["if-none-match"] = random.pick(["*", '"x"', "W/", ",,,", "\u00fc"]);
  if (random.below(4) === 0) headers["origin"] = random.pick(["null", "https://a.example", "x", "\u00fc"]);
  if (random.below(4) === 0) headers["x-forwarded-for"] = random.pick(["1.2.3.4", "x", "::1, x", ",".repeat(500)]);
  const hasBody = method !== "GET" && method !== "HEAD" && random.below(2) === 0;
  const type = random.pick(types);
  if (hasBody && type !== "") headers["content-type"] = type;
  const response = await fetch(`${world.url}${path}`, {
    method,
    headers,
    redirect: "manual",
    signal: AbortSignal.timeout(deadline),
    ...(hasBody && { body: random.pick(bodies) }),
  });
  return {
    what: `${method} ${path} ${JSON.stringify(headers).slice(0, 200)}`,
    status: response.status,
    text: await response.text(),
  };
}

await t.test("random and hostile requests at every route get a response, never a 500", async (t) => {
  const random = seeded(seed);
  const world = await HttpHarness.start(t, {
    http: {
      tokens: [
        tokenConfig("all", "token-of-the-tests", [
          "rooms:read",
          "rooms:write",
          "rooms:list",
          "rooms:import",
          "statistics:read",
        ]),
        tokenConfig("reader", "reader", ["rooms:read"]),
      ],
      trustedProxies: ["127.0.0.1"],
      corsOrigins: ["https://a.example"],
    },
  });
  const statuses = new Map<number, number>();
  const wrong: string[] = [];
  const memory: number[] = [];
  for (let round = 0; round < rounds; round += 20) {
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(world, random)));
    for (const { what, status, text } of answers) {
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status >= 500) wrong.push(`${status} ${what}`);
      if (status >= 400 && text !== "" && !text.startsWith('{"type":"http://127.0.0.1'))
        wrong.push(`no problem details: ${what}: ${text.slice(0, 100)}`);
      if (status >= 400 && /(?<![0-9])[1-9][0-9]{8}(?![0-9])/.test(text))
        wrong.push(`nine digits in an error: ${what}`);
    }
    if (round % 500 === 0) memory.push(used());
  }
  memory.push(used());
  t.same(wrong.slice(0, 10), []);
  t.equal(Object.hasOwn(Object.prototype, "x"), false, "no prototype was touched");
  // 413 requires a valid token, path and type: see problems.test.ts.
  for (const status of [200, 201, 204, 400, 401, 403, 404, 405, 415])
    t.ok((statuses.get(status) ?? 0) > 0, `${status}: ${statuses.get(status) ?? 0}`);
  t.ok((memory.at(-1) ?? 0) - (memory[1] ?? 0) < 60, `MiB in use: ${memory.join(", ")}`);
  t.equal((await world.api("GET", "/dial-in-numbers")).status, 200, "and the server continues");
});

function used(): number {
  collectGarbage();
  return Math.round(process.memoryUsage().heapUsed / 1_048_576);
}

await t.test("malformed HTTP closes its own connection only", async (t) => {
  const random = seeded(seed + 1);
  const world = await HttpHarness.start(t, { limits: { requestTimeoutMs: 1_000, answerTimeoutMs: 5_000 } });
  const good =
    "PUT /api/v1/rooms/x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer token-of-the-tests\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
  const serverErrors: string[] = [];
  let hung = 0;
  for (let round = 0; round < rawRounds; round += 50) {
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        const bytes = mangle(Buffer.from(good), random);
        const { text, isOver } = await throwAt(world, bytes);
        if (!isOver) hung += 1;
        if (/^HTTP\/1\.1 5/.test(text)) serverErrors.push(JSON.stringify(bytes.toString("latin1")));
      }),
    );
  }
  t.equal(hung, 0);
  t.same(serverErrors, []);
  t.equal((await world.api("GET", "/dial-in-numbers")).status, 200);
});

function mangle(bytes: Buffer, random: Seeded): Buffer {
  const mangled = Buffer.from(bytes);
  for (let change = random.below(5); change >= 0; change--)
    mangled.writeUInt8(random.below(256), random.below(mangled.length));
  const cut = random.below(3) === 0 ? mangled.subarray(0, random.below(mangled.length)) : mangled;
  return random.below(5) === 0 ? Buffer.concat([cut, cut]) : cut;
}

async function throwAt(
  world: HttpHarness,
  bytes: Buffer,
): Promise<{ readonly text: string; readonly isOver: boolean }> {
  return await new Promise((resolve) => {
    const socket = connect(world.server.port, "127.0.0.1");
    let text = "";
    const settle = (isOver: boolean): void => {
      clearTimeout(limit);
      socket.destroy();
      resolve({ text, isOver });
    };
    const limit = setTimeout(settle, deadline, false);
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
    });
    socket.on("error", () => {
      settle(true);
    });
    socket.on("close", () => {
      settle(true);
    });
    // Half closed: the server has nothing left to wait for.
    socket.end(bytes);
  });
}
