import t from "tap";

import { HttpHarness, token } from "./support/http-harness.js";
import { raw } from "./support/raw-request.js";

const json = "Content-Type: application/json";
const form = "Content-Type: application/x-www-form-urlencoded";
const boundary = "c4e245a23c97469b8d9091ab8228c6f64b552829";
const multipart = `Content-Type: multipart/form-data; boundary=${boundary}`;
const chunked = "Transfer-Encoding: chunked";
const noChunk = "0\r\n\r\n";

function length(body: string): string {
  return `Content-Length: ${Buffer.byteLength(body)}`;
}

/** Headers and body of a request without parameters, as captured from the clients. */
const saidNothing: Readonly<Record<string, readonly [headers: readonly string[], body: string]>> = {
  "PHP curl: CURLOPT_CUSTOMREQUEST only": [[], ""],
  "PHP curl: empty CURLOPT_POSTFIELDS; Ruby Net::HTTP": [["Content-Length: 0", form], ""],
  "PHP curl: CURLOPT_PUT": [[chunked, "Expect: 100-continue"], noChunk],
  "PHP curl: CURLOPT_POST": [[chunked, form, "Expect: 100-continue"], noChunk],
  "PHP json_encode([]): Guzzle, Laravel": [[json, length("[]")], "[]"],
  "PHP json_encode([]) with curl's default type of a form": [[length("[]"), form], "[]"],
  "PHP json_encode(null)": [[`${json}; charset=UTF-8`, length("null")], "null"],
  "PHP streams: empty form": [["Connection: close", form], ""],
  "Guzzle: empty form": [["Content-Length: 0", "User-Agent: GuzzleHttp/7", form], ""],
  "Guzzle: multipart body without parts": [[multipart, length(`--${boundary}--\r\n`)], `--${boundary}--\r\n`],
  "Guzzle: empty stream": [[chunked, "Expect: 100-Continue"], noChunk],
  "Ruby Net::HTTP: empty stream": [[chunked, form], noChunk],
  "empty JSON object in chunks": [
    ["Content-Type: APPLICATION/JSON;charset=utf-8", chunked],
    "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
  ],
  "empty text body": [["Content-Type: text/plain; charset=iso-8859-1", "Content-Length: 0"], ""],
};

const somethingElse: Readonly<Record<string, readonly [headers: readonly string[], body: string]>> = {
  form: [[form, length("validUntil=2030-01-01")], "validUntil=2030-01-01"],
  "JSON with the type of a form, PHP curl's default": [[form, length('{"validUntil":null}')], '{"validUntil":null}'],
  "form in chunks": [[form, chunked], "3\r\na=b\r\n0\r\n\r\n"],
  "multipart body with one part": [
    [multipart, length(`--${boundary}\r\n\r\nx\r\n--${boundary}--\r\n`)],
    `--${boundary}\r\n\r\nx\r\n--${boundary}--\r\n`,
  ],
  "chunked body without Content-Type": [[chunked], "2\r\nhi\r\n0\r\n\r\n"],
  "declared body of 1.1 MB that is never sent": [["Content-Type: text/plain", "Content-Length: 1100000"], ""],
};

function request(method: string, path: string, [headers, body]: readonly [readonly string[], string]): string {
  const all = [
    `Host: phone.example.org`,
    `Authorization: Bearer ${token}`,
    ...headers.filter((each) => !each.startsWith("Connection")),
    "Connection: close",
  ];
  return `${method} ${path} HTTP/1.1\r\n${all.join("\r\n")}\r\n\r\n${body}`;
}

/** The last response: a 100 may precede it. */
function statusOf(answer: string): string {
  return [...answer.matchAll(/^HTTP\/1\.1 (\d+) /gm)].at(-1)?.[1] ?? answer;
}

await t.test("a client without optional headers reserves, reads and deletes a room", async (t) => {
  const world = await HttpHarness.start(t);
  for (const [client, nothing] of Object.entries(saidNothing)) {
    const answer = await raw(world, request("PUT", "/api/v1/rooms/room", nothing));
    t.equal(statusOf(answer), "201", `${client}: PUT is 201`);
    t.equal(
      /^HTTP\/1\.1 100 Continue/.test(answer),
      nothing[0].some((each) => each.startsWith("Expect")),
      `${client}: 100 Continue where it is expected`,
    );
    t.equal(statusOf(await raw(world, request("GET", "/api/v1/rooms/room", nothing))), "200", `${client}: GET is 200`);
    t.equal(
      statusOf(await raw(world, request("DELETE", "/api/v1/rooms/room", nothing))),
      "204",
      `${client}: DELETE is 204`,
    );
  }
});

await t.test("the page for people accepts a form and an empty body", async (t) => {
  const world = await HttpHarness.start(t);
  for (const [client, nothing] of Object.entries(saidNothing)) {
    // JSON is not a form, except for an empty value.
    t.equal(statusOf(await raw(world, request("POST", "/", nothing))), "200", client);
  }
  t.equal(
    statusOf(await raw(world, request("POST", "/", [[json, length('{"pin":"12345"}')], '{"pin":"12345"}']))),
    "415",
  );
});

await t.test("a body with content has to be JSON", async (t) => {
  const world = await HttpHarness.start(t);
  for (const [what, body] of Object.entries(somethingElse)) {
    const answer = await raw(world, request("PUT", "/api/v1/rooms/room", body));
    t.equal(statusOf(answer), "415", `${what}: 415`);
    t.match(
      answer,
      /"code":"unsupported-media-type".*Send application\/json/,
      `${what}: the response names the accepted type`,
    );
  }
  const list = '["validUntil"]';
  t.match(
    await raw(world, request("PUT", "/api/v1/rooms/room", [[json, length(list)], list])),
    /"code":"invalid-request"/,
    "a list that says something",
  );
  t.match(
    await raw(world, request("POST", "/api/v1/rooms.jsonl", [[form, "Content-Length: 0"], ""])),
    /"code":"invalid-request"/,
    "nothing to import",
  );
  t.equal(statusOf(await raw(world, request("GET", "/api/v1/rooms/room", [[], ""]))), "404", "nothing was reserved");
});

await t.test("an aborted body ends only its own request", async (t) => {
  const world = await HttpHarness.start(t);
  await raw(world, request("PUT", "/api/v1/rooms/room", [[form, "Content-Length: 20"], "a"]), true);
  await raw(world, request("PUT", "/api/v1/rooms/room", [[chunked], "2\r\n["]), true);
  t.equal((await world.api("PUT", "/rooms/room")).status, 201);
});

await t.test("100 Continue is for bodies that are read", async (t) => {
  const world = await HttpHarness.start(t);
  const waiting = ["Expect: 100-continue", json] as const;
  const large = "Content-Length: 1100000";
  // The client waits for a response before the body: no body is ever sent.
  const answers = {
    "unknown route": await raw(world, request("PUT", "/api/v1/nothing", [[...waiting, large], ""])),
    "body above the limit": await raw(world, request("PUT", "/api/v1/rooms/room", [[...waiting, large], ""])),
    "wrong token": await raw(
      world,
      request("PUT", "/api/v1/rooms/room", [[...waiting, large], ""]).replace(token, "x"),
    ),
  };
  const codes = Object.entries(answers).map(([what, answer]) => [what, /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]]);
  t.same(Object.fromEntries(codes), { "unknown route": "404", "body above the limit": "413", "wrong token": "401" });
  for (const answer of Object.values(answers)) t.match(answer, /\r\nConnection: close\r\n/i);
  t.match(
    await raw(world, request("PUT", "/api/v1/rooms/room", [[...waiting, length("{}")], "{}"])),
    /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 201 /,
  );
  const line = '{"meetingID":"x","pin":"70012","reservedAt":"2026-11-01T00:00:00Z"}\n'.padEnd(20_000, "\n");
  const imported = await raw(
    world,
    request("POST", "/api/v1/rooms.jsonl", [
      ["Expect: 100-Continue", "Content-Type: application/jsonl", length(line)],
      line,
    ]),
  );
  t.match(imported, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /, "a route that takes more");
});
