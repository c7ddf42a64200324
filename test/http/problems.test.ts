import { createHash } from "node:crypto";

import t, { type Test } from "tap";

import { type Problem, problem } from "../../src/http/api-schemas.js";
import { type ProblemCode, problemCodes, problems } from "../../src/http/problem-catalogue.js";
import type { RoomStore } from "../../src/store/room-store.js";
import { failure } from "../../src/util/result.js";
import { HttpHarness, tokenConfig } from "./support/http-harness.js";
import { raw } from "./support/raw-request.js";

/** All problem codes seen in responses. */
const seen = new Set<ProblemCode>();

function check(t: Test, code: ProblemCode, status: number, type: string | null, body: unknown): void {
  const parsed = problem.safeParse(body);
  t.ok(parsed.success, JSON.stringify(body));
  t.match(body, { code, status: problems[code].status, title: problems[code].title });
  t.equal(status, problems[code].status);
  t.equal(type, "application/problem+json");
  seen.add(code);
}

async function expect(t: Test, code: ProblemCode, response: Response | Promise<Response>): Promise<Problem> {
  const answer = await response;
  const body = (await answer.json()) as Problem;
  check(t, code, answer.status, answer.headers.get("content-type"), body);
  const meaning = await fetch(body.type);
  t.match(await meaning.json(), { code, title: body.title }, "the type is a link to what it means");
  t.equal(answer.headers.get("cache-control"), "no-store");
  return body;
}

function expectRaw(t: Test, code: ProblemCode, answer: string): void {
  const [head = "", body = ""] = answer.split("\r\n\r\n");
  check(
    t,
    code,
    Number(/^HTTP\/1\.1 ([0-9]{3})/.exec(head)?.[1]),
    /content-type: (.*)/i.exec(head)?.[1] ?? null,
    JSON.parse(body),
  );
}

const never = new Promise<never>(() => undefined);
const broken: RoomStore = {
  reserve: () => Promise.resolve(failure("unavailable")),
  find: () => Promise.resolve(failure("unavailable")),
  knows: () => undefined,
  goesOnAfter: () => undefined,
  askGoesOnAfter: () => Promise.resolve(failure("unavailable")),
  pinLengths: undefined,
  findByPin: () => Promise.resolve(failure("unavailable")),
  release: () => Promise.resolve(failure("unavailable")),
  list: () => Promise.resolve(failure("unavailable")),
  listResting: () => Promise.resolve(failure("unavailable")),
  import: () => Promise.resolve(failure("unavailable")),
  close: () => Promise.resolve(),
};
const jsonLines = { "content-type": "application/jsonl" };

await t.test("invalid requests", async (t) => {
  const world = await HttpHarness.start(t);
  const invalid = await expect(
    t,
    "invalid-request",
    world.api("PUT", "/rooms/x", { body: { validUntil: 5, more: "secret" } }),
  );
  t.same(
    invalid.errors?.map(({ at }) => at),
    ["body.validUntil", "body"],
  );
  await expect(t, "invalid-request", world.api("GET", "/rooms?limit=x"));
  await expect(
    t,
    "malformed-json",
    fetch(`${world.url}/api/v1/rooms/x`, {
      method: "PUT",
      body: "{",
      headers: { authorization: "Bearer token-of-the-tests", "content-type": "application/json" },
    }),
  );
  await expect(
    t,
    "malformed-json",
    fetch(`${world.url}/api/v1/rooms/x`, {
      method: "PUT",
      body: Buffer.from('{"validUntil":"\xff"}', "latin1"),
      headers: { authorization: "Bearer token-of-the-tests", "content-type": "application/json" },
    }),
  );
  await expect(
    t,
    "unsupported-media-type",
    fetch(`${world.url}/api/v1/rooms/x`, {
      method: "PUT",
      body: "validUntil=5",
      headers: { authorization: "Bearer token-of-the-tests", "content-type": "application/x-www-form-urlencoded" },
    }),
  );
  await expect(t, "unsupported-media-type", world.api("POST", "/rooms.jsonl", { body: { meetingID: "x" } }));
  await expect(
    t,
    "unsupported-media-type",
    fetch(`${world.url}/api/v1/rooms/x`, {
      method: "PUT",
      body: '{"validUntil":null}',
      headers: { authorization: "Bearer token-of-the-tests", ...jsonLines },
    }),
  );
  await expect(t, "body-too-large", world.api("PUT", "/rooms/x", { body: { validUntil: "x".repeat(20_000) } }));
  await expect(t, "malformed-url", fetch(`${world.url}/api/v1/rooms/%zz`));
  await expect(t, "url-too-long", fetch(`${world.url}/api/v1/rooms/${"x".repeat(3_000)}`));
  await expect(t, "not-found", world.api("GET", "/nothing"));
  await expect(t, "not-found", world.api("GET", "/problems/no-such-problem"));
  await expect(t, "room-not-found", world.api("GET", "/rooms/x"));
  const method = await world.api("PATCH", "/rooms/x");
  t.equal(method.headers.get("allow"), "PUT, GET, HEAD, DELETE, OPTIONS");
  await expect(t, "method-not-allowed", method);
  await expect(t, "method-not-allowed", world.api("QUERY", "/rooms"));
  await expect(
    t,
    "method-not-allowed",
    fetch(`${world.url}/api/v1/rooms/x`, { method: "POST", body: "{", headers: { "content-type": "text/plain" } }),
  );
  await expect(
    t,
    "not-found",
    fetch(`${world.url}/api/v1/nothing`, {
      method: "POST",
      body: "{",
      headers: { "content-type": "application/json" },
    }),
  );
});

await t.test("requests that are not HTTP, or time out", async (t) => {
  const world = await HttpHarness.start(t, { limits: { requestTimeoutMs: 300, answerTimeoutMs: 5_000 } });
  expectRaw(t, "malformed-http", await raw(world, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"));
  expectRaw(t, "malformed-http", await raw(world, "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"));
  expectRaw(t, "malformed-http", await raw(world, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n"));
  t.match(await raw(world, "GET /healthz HTTP/1.0\r\n\r\n"), /^HTTP\/1\.1 200 /, "in HTTP/1.0 there need be no Host");
  t.match(
    await raw(world, "GET /healthz HTTP/1.1\r\nHost: x\r\nExpect: a miracle\r\nConnection: close\r\n\r\n"),
    /^HTTP\/1\.1 200 /,
  );
  expectRaw(t, "headers-too-large", await raw(world, `GET / HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(20_000)}\r\n\r\n`));
  expectRaw(t, "too-slow", await raw(world, "PUT /api/v1/rooms/x HTTP/1.1\r\nHost: x\r\n"));
});

await t.test("refused clients", async (t) => {
  const world = await HttpHarness.start(t, {
    http: {
      tokens: [tokenConfig("a", "reader", ["rooms:read"])],
      rateLimit: { windowMs: 60_000, perAddress: 1_000, perToken: 1 },
    },
  });
  await expect(t, "token-missing", world.api("PUT", "/rooms/x", { token: null }));
  await expect(t, "token-unknown", world.api("PUT", "/rooms/x", { token: "x" }));
  await expect(t, "scope-missing", world.api("PUT", "/rooms/x", { token: "reader" }));
  await expect(t, "too-many-requests", world.api("PUT", "/rooms/x", { token: "reader" }));
});

await t.test("malformed webhooks", async (t) => {
  const told: unknown[] = [];
  const world = await HttpHarness.start(t, {
    webhooks: [
      {
        name: "bbb-1",
        secret: () => "of-the-api",
        onEvents: (events) => told.push(...events),
        onRefused: () => undefined,
      },
    ],
  });
  const post = async (
    server: string,
    body: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> =>
    await fetch(`${world.url}/bbb-webhooks/${server}`, {
      method: "POST",
      body,
      headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    });
  const proof = { authorization: "Bearer of-the-api" };
  await expect(t, "webhook-not-authentic", post("bbb-1", "event=[]"));
  await expect(t, "webhook-not-authentic", post("bbb-1", "event=[]", { authorization: "Bearer token-of-the-tests" }));
  await expect(t, "webhook-not-understood", post("bbb-1", "event={", proof));
  await expect(t, "not-found", post("bbb-2", "event=[]", proof));
  await expect(t, "body-too-large", post("bbb-1", `event=${"x".repeat(300_000)}`, proof));
  await expect(t, "unsupported-media-type", post("bbb-1", "<event/>", { ...proof, "content-type": "text/xml" }));
  await expect(t, "webhook-not-understood", post("bbb-1", "{}", { ...proof, "content-type": "application/json" }));
  t.equal((await post("bbb-1", "event=[]", proof)).status, 200);
  t.same(told, []);
});

await t.test("webhooks are authentic for any spelling of their URL", async (t) => {
  const told: unknown[] = [];
  const world = await HttpHarness.start(t, {
    webhooks: [
      {
        name: "bbb-1",
        secret: () => "of-the-api",
        onEvents: (events) => told.push(events),
        onRefused: () => undefined,
      },
    ],
  });
  const post = async (written: string, headers: Readonly<Record<string, string>> = {}): Promise<number> => {
    const body = "event=[]";
    // Like CallbackEmitter of bbb-webhooks 3.5.0.
    const target = `${written}${written.includes("?") ? "&" : "?"}checksum=${createHash("sha1").update(`${written}${body}of-the-api`).digest("hex")}`;
    const response = await fetch(target, {
      method: "POST",
      body,
      headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    });
    await response.body?.cancel();
    return response.status;
  };
  t.equal(await post(`${world.url}/bbb-webhooks/bbb-1`), 200);
  t.equal(await post(`${world.url}/bbb-webhooks/bbb-1/`), 200, "with a slash at the end");
  t.equal(await post(`${world.url}/bbb-webhooks/bbb-1?tenant=a%20b`), 200, "with a query of its own");
  t.equal(
    await post(`${world.url}/bbb-webhooks/bbb-1`, { authorization: "Basic b2Y6YQ==" }),
    200,
    "through a proxy with an authorization of its own",
  );
  const bearer = await fetch(`${world.url}/bbb-webhooks/bbb-1/`, {
    method: "POST",
    body: "event=[]",
    headers: { "content-type": "application/x-www-form-urlencoded", authorization: "bearer of-the-api" },
  });
  t.equal(bearer.status, 200, "the scheme in lower case");
  t.equal(told.length, 5);
});

await t.test("an unavailable store, and one without a free PIN", async (t) => {
  const world = await HttpHarness.start(t, { rooms: broken });
  for (const [method, path, headers] of [
    ["PUT", "/rooms/x"],
    ["GET", "/rooms/x"],
    ["DELETE", "/rooms/x"],
    ["GET", "/rooms/x/status"],
    ["GET", "/rooms"],
    ["GET", "/rooms.jsonl"],
    ["POST", "/rooms.jsonl", jsonLines],
    ["GET", "/jitsi/conf-code?conference=x"],
    ["GET", "/jitsi/conf-code?id=12345"],
  ] as const) {
    const answer = await fetch(`${world.url}/api/v1${path}`, {
      method,
      headers: { authorization: "Bearer token-of-the-tests", ...headers },
      ...(method === "POST" && { body: "{}" }),
    });
    t.equal(answer.headers.get("retry-after"), "2");
    await expect(t, "store-unavailable", answer);
  }
  const statistics = await HttpHarness.start(t, {
    rooms: broken,
    services: {
      daySums: {
        add: () => Promise.resolve(failure("unavailable")),
        latest: () => Promise.resolve(failure("unavailable")),
      },
    },
  });
  await expect(t, "store-unavailable", statistics.api("GET", "/statistics"));
  const full = await HttpHarness.start(t, {
    rooms: { ...broken, reserve: () => Promise.resolve(failure("exhausted")) },
  });
  await expect(t, "pins-exhausted", full.api("PUT", "/rooms/x"));
  await expect(t, "pins-exhausted", full.api("GET", "/jitsi/conf-code?conference=x"));
  const hanging = await HttpHarness.start(t, {
    rooms: { ...broken, find: () => never },
    limits: { requestTimeoutMs: 5_000, answerTimeoutMs: 200 },
  });
  await expect(t, "store-unavailable", hanging.api("GET", "/rooms/x"));
});

await t.test("an internal error is logged, and its details are not sent", async (t) => {
  const world = await HttpHarness.start(t, {
    rooms: { ...broken, find: () => Promise.reject(new Error("PIN 123456789 in a message")) },
  });
  const body = await expect(t, "internal-error", world.api("GET", "/rooms/x"));
  t.notMatch(JSON.stringify(body), /123456789/);
  t.equal(world.bugs.splice(0).length, 1);
});

await t.test("every problem of the catalogue occurred", async (t) => {
  t.same([...seen].sort(), [...problemCodes].sort());
  const world = await HttpHarness.start(t);
  t.same(
    (await world.json<{ code: string }[]>("GET", "/problems", { token: null })).map(({ code }) => code),
    problemCodes,
  );
});
