import { request } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { networkInterfaces } from "node:os";

import t from "tap";

import { isFromThisMachine } from "../../src/http/this-machine.js";
import { basicPassword } from "../../src/http/tokens.js";
import { systemClock } from "../../src/util/clock.js";
import { sleep } from "../../src/util/wait.js";
import { FakeClock } from "../support/fake-clock.js";
import { HttpHarness, tokenConfig } from "./support/http-harness.js";

const reader = "token-of-prometheus";
const tokens = [
  tokenConfig("prometheus", reader, ["metrics:read"]),
  tokenConfig("operator", "token-of-the-operator", ["status:read"]),
  tokenConfig("other", "token-of-another", ["rooms:read"]),
];

function basic(password: string, user = "prometheus"): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

/** Status of a response on the operators listener, or on the public one. */
async function status(
  world: HttpHarness,
  headers: Record<string, string> = {},
  path = "/metrics",
  base = world.operatorsUrl,
): Promise<number> {
  // Not fetch: it does not allow a custom Host header.
  return await new Promise((resolve, reject) => {
    request(`${base}${path}`, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on("error", reject)
      .end();
  });
}

await t.test("access to metrics", async (t) => {
  const statuses = async (
    metrics: "off" | "token" | "local" | "public",
    headers?: Record<string, string>,
  ): Promise<number> => await status(await HttpHarness.start(t, { http: { metrics, tokens } }), headers);
  const remote = { "x-forwarded-for": "198.51.100.1" };
  t.same(
    [await statuses("off"), await statuses("token"), await statuses("local"), await statuses("public")],
    [404, 401, 200, 200],
  );
  t.same(
    [await statuses("token", remote), await statuses("local", remote), await statuses("public", remote)],
    [401, 401, 200],
    "through a proxy",
  );
  for (const authorization of [`Bearer ${reader}`, basic(reader), basic(reader, "")]) {
    t.same(
      [await statuses("token", { authorization }), await statuses("local", { ...remote, authorization })],
      [200, 200],
      authorization.slice(0, 6),
    );
  }
  for (const authorization of ["Bearer token-of-another", basic("token-of-another")]) {
    t.same([await statuses("token", { authorization }), await statuses("local", { authorization })], [403, 403]);
  }
  t.same(
    [
      await statuses("local", { authorization: basic("wrong") }),
      await statuses("local", { authorization: "Bearer wrong" }),
    ],
    [401, 401],
    "a wrong token is reported, on this machine too",
  );
});

await t.test("access to the status", async (t) => {
  const statuses = async (access: "off" | "token" | "local", headers?: Record<string, string>): Promise<number> =>
    await status(await HttpHarness.start(t, { http: { status: access, tokens } }), headers, "/status");
  t.same([await statuses("off"), await statuses("token"), await statuses("local")], [404, 401, 200]);
  t.equal(await statuses("local", { "x-forwarded-for": "198.51.100.1" }), 401, "through a proxy");
  for (const authorization of ["Bearer token-of-the-operator", basic("token-of-the-operator")]) {
    t.same(
      [
        await statuses("token", { authorization }),
        await statuses("local", { authorization, "x-forwarded-for": "198.51.100.1" }),
      ],
      [200, 200],
    );
  }
  t.equal(await statuses("token", { authorization: basic(reader) }), 403);
});

await t.test("a browser is prompted for the token on operators' routes only", async (t) => {
  const world = await HttpHarness.start(t, { http: { metrics: "token", tokens } });
  const refused = await fetch(`${world.url}/metrics`);
  t.equal(refused.headers.get("www-authenticate"), 'Basic realm="einwahl", charset="UTF-8", Bearer realm="einwahl"');
  const room = await fetch(`${world.url}/api/v1/rooms/x`, { headers: { authorization: basic("token-of-another") } });
  t.equal(room.status, 401, "credentials that a browser adds automatically give no access to rooms");
  t.equal(room.headers.get("www-authenticate"), 'Bearer realm="einwahl", error="invalid_token"');
});

await t.test("no request to the public listener is local, regardless of headers", async (t) => {
  for (const publicUrl of [undefined, "https://phone.example.org"]) {
    for (const trustedProxies of [[], ["127.0.0.1"]]) {
      const world = await HttpHarness.start(t, { http: { tokens, publicUrl, trustedProxies } });
      for (const headers of [
        {},
        { host: "127.0.0.1" },
        { host: "127.0.0.1:8079" },
        { host: "localhost" },
        { "x-forwarded-for": "127.0.0.1" },
        { connection: "close" },
      ]) {
        for (const path of ["/metrics", "/status"])
          t.equal(await status(world, headers, path, world.url), 401, `${path} ${JSON.stringify(headers)}`);
      }
      t.equal(await status(world, { authorization: `Bearer ${reader}` }, "/metrics", world.url), 200, "a token does");
    }
  }
});

await t.test("/readyz shows reasons on the operators listener only", async (t) => {
  const reasons = ["trunk easybell: 403 Forbidden"];
  const world = await HttpHarness.start(t, {
    http: { tokens },
    operators: { health: () => ({ state: "not-ready", reasons }) },
  });
  const [stranger, operator] = [await fetch(`${world.url}/readyz`), await fetch(`${world.operatorsUrl}/readyz`)];
  t.same([stranger.status, await stranger.json()], [503, { status: "not ready" }]);
  t.same([operator.status, await operator.json()], [503, { status: "not ready", reasons }]);
  const proxied = await fetch(`${world.operatorsUrl}/readyz`, { headers: { "x-forwarded-for": "203.0.113.5" } });
  t.same(await proxied.json(), { status: "not ready" }, "nor through a proxy in front of it");
});

await t.test("the operators listener has only its own routes, on loopback only", async (t) => {
  const world = await HttpHarness.start(t);
  for (const path of ["/", "/api/v1/dial-in-numbers", "/api/v1/openapi.json"])
    t.equal(await status(world, {}, path), 404, path);
  const [address] = Object.values(networkInterfaces())
    .flat()
    .filter((each) => each !== undefined && each.family === "IPv4" && !each.internal);
  if (address !== undefined)
    await t.rejects(fetch(`http://${address.address}:${world.server.operatorsPort}/healthz`), address.address);
});

await t.test("an operators port in use does not prevent the start, and is bound once free", async (t) => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as AddressInfo;
  const clock = new FakeClock();
  const faults: (string | undefined)[] = [];
  const world = await HttpHarness.start(t, {
    clock,
    http: { operatorsPort: port },
    onOperatorsFault: (fault) => faults.push(fault),
  });
  t.equal((await fetch(`${world.url}/healthz`)).status, 200);
  t.equal(world.server.operatorsPort, 0);
  await clock.advance(10_000);
  await sleep(systemClock, 50);
  t.same(faults, [`127.0.0.1:${port}: EADDRINUSE`], "reported once");
  await new Promise((resolve) => other.close(resolve));
  await clock.advance(10_000);
  for (let count = 0; count < 100 && world.server.operatorsPort === 0; count++) await sleep(systemClock, 20);
  t.equal(world.server.operatorsPort, port);
  t.same(faults, [`127.0.0.1:${port}: EADDRINUSE`, undefined]);
  t.equal((await fetch(`http://127.0.0.1:${port}/metrics`)).status, 200);
});

await t.test("a request via a reverse proxy to the operators listener is not local", async (t) => {
  const known = await HttpHarness.start(t, { http: { tokens } });
  for (const header of ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"])
    t.equal(await status(known, { [header]: "127.0.0.1" }), 401, header);
  t.equal(await status(known), 200);
  for (const host of ["phone.example.org", "127.0.0.1.example.org", "localhost.example.org", "[::2]", "10.0.0.1"])
    t.equal(await status(known, { host }), 401, host);
  for (const host of ["localhost", "localhost:8080", "127.0.0.1", "[::1]:8080"])
    t.equal(await status(known, { host }), 200, host);
});

await t.test("addresses of this machine", (t) => {
  const isLocal = (remoteAddress: string | undefined): boolean =>
    isFromThisMachine({ headers: { host: "localhost" }, socket: { remoteAddress } as never });
  for (const address of ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"]) t.ok(isLocal(address), address);
  for (const address of ["10.0.0.1", "::2", "::ffff:10.0.0.1", "", undefined, "128.0.0.1"])
    t.notOk(isLocal(address), String(address));
  t.end();
});

await t.test("passwords of HTTP Basic", (t) => {
  t.equal(basicPassword(basic("abc")), "abc");
  t.equal(basicPassword(basic("a:b", "u")), "a:b");
  t.equal(basicPassword(basic("abc").replace("Basic", "basic")), "abc");
  for (const header of [
    "",
    "Basic",
    "Basic ",
    "Basic !",
    "Bearer abc",
    `Basic ${Buffer.from("nocolon").toString("base64")}`,
    basic(""),
    basic("with space"),
    basic("ä"),
    basic("a".repeat(513)),
  ]) {
    t.equal(basicPassword(header), "", header);
  }
  t.end();
});

await t.test("responses are counted by route, for any URL length", async (t) => {
  const world = await HttpHarness.start(t);
  for (const path of ["/", "/api/v1/rooms/secret", "/nothing/secret", "/healthz"]) await fetch(`${world.url}${path}`);
  t.same(world.answered, ["/ 200", "/api/v1/rooms/:meetingID 401", "none 404", "/healthz 200"]);
});
