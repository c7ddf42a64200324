import t from "tap";

import { scopes } from "../../src/config/config.js";
import { limitedAddress, RateLimit } from "../../src/http/rate-limit.js";
import { bearerToken } from "../../src/http/tokens.js";
import { FakeClock } from "../support/fake-clock.js";
import { HttpHarness, tokenConfig } from "./support/http-harness.js";

await t.test("each scope allows its routes only", async (t) => {
  const world = await HttpHarness.start(t, {
    http: { tokens: scopes.map((scope) => tokenConfig(scope, `token-${scope}`, [scope])) },
    services: { statistics: "token" },
  });
  const routes: Record<string, (token: string) => Promise<Response>> = {
    "rooms:write": (token) => world.api("PUT", "/rooms/x", { token }),
    "rooms:read": (token) => world.api("GET", "/rooms/x", { token }),
    "rooms:list": (token) => world.api("GET", "/rooms.jsonl", { token }),
    "rooms:import": (token) =>
      world.api("POST", "/rooms.jsonl", { token, headers: { "content-type": "application/jsonl" } }),
    "statistics:read": (token) => world.api("GET", "/statistics", { token }),
  };
  await routes["rooms:write"]?.("token-rooms:write");
  for (const [needed, ask] of Object.entries(routes)) {
    for (const scope of scopes) {
      const { status } = await ask(`token-${scope}`);
      t.equal(status === 403, scope !== needed, `${scope} at ${needed}: ${status}`);
    }
    t.equal((await ask("another")).status, 401);
    t.equal((await ask("")).status, 401);
  }
});

await t.test("without a token", async (t) => {
  const world = await HttpHarness.start(t);
  const missing = await world.api("PUT", "/rooms/x", { token: null });
  t.equal(missing.status, 401);
  t.equal(missing.headers.get("www-authenticate"), 'Bearer realm="einwahl"');
  const wrong = await world.api("GET", "/dial-in-numbers", { token: "wrong" });
  t.equal(wrong.status, 401, "a wrong token is reported even where none is required");
  t.equal(wrong.headers.get("www-authenticate"), 'Bearer realm="einwahl", error="invalid_token"');
  t.equal(
    (await world.api("PUT", "/rooms/x?access_token=token-of-the-tests", { token: null })).status,
    401,
    "no token in a URL",
  );
  t.equal(
    (await world.api("PUT", "/rooms/x", { token: null, headers: { authorization: "Basic token-of-the-tests" } }))
      .status,
    401,
  );
});

await t.test("forms of a token", (t) => {
  for (const header of ["Bearer abc", "bearer abc", "BEARER   abc", " Bearer abc "])
    t.equal(bearerToken(header), "abc");
  for (const header of [
    "",
    "abc",
    "Bearer",
    "Bearer ",
    "Bearer a b",
    "Basic abc",
    "Bearer ä",
    `Bearer ${"a".repeat(513)}`,
  ])
    t.equal(bearerToken(header), "", header);
  t.end();
});

await t.test("the request limit applies to each address and each token separately", async (t) => {
  const clock = new FakeClock();
  const world = await HttpHarness.start(t, {
    clock,
    http: { rateLimit: { windowMs: 60_000, perAddress: 3, perToken: 5 } },
  });
  const limit = (response: Response): string =>
    `${response.status} ${response.headers.get("ratelimit-policy") ?? ""} ${response.headers.get("ratelimit") ?? ""}`;
  t.equal(
    limit(await world.api("GET", "/dial-in-numbers", { token: null })),
    '200 "address";q=3;w=60 "address";r=2;t=60',
  );
  await clock.advance(10_500);
  t.equal(limit(await world.api("GET", "/nothing", { token: null })), '404 "address";q=3;w=60 "address";r=1;t=50');
  t.equal(
    limit(await world.api("GET", "/rooms", { token: "guess" })),
    '401 "address";q=3;w=60 "address";r=0;t=50',
    "a wrong token counts against the address",
  );
  const refused = await world.api("GET", "/dial-in-numbers", { token: null });
  t.equal(limit(refused), '429 "address";q=3;w=60 "address";r=0;t=50');
  t.equal(refused.headers.get("retry-after"), "50");
  t.equal((await world.api("GET", "/rooms", { token: "guess" })).status, 429, "and so does the next one");
  t.equal(limit(await world.api("GET", "/rooms")), '200 "token";q=5;w=60 "token";r=4;t=60');
  for (const path of ["/healthz", "/readyz"])
    t.equal((await fetch(`${world.url}${path}`)).status, 200, "monitoring requests are not limited");
  t.equal((await fetch(`${world.url}/`)).status, 429);
  await clock.advance(49_500);
  t.equal((await world.api("GET", "/dial-in-numbers", { token: null })).status, 200);
});

await t.test("the client address behind a trusted proxy only", async (t) => {
  const rateLimit = { windowMs: 60_000, perAddress: 1, perToken: 1 };
  const from = async (world: HttpHarness, forwarded: string): Promise<number> =>
    (await world.api("GET", "/dial-in-numbers", { token: null, headers: { "x-forwarded-for": forwarded } })).status;
  const trusting = await HttpHarness.start(t, { http: { rateLimit, trustedProxies: ["127.0.0.0/8"] } });
  t.same(
    [await from(trusting, "198.51.100.1"), await from(trusting, "198.51.100.1"), await from(trusting, "198.51.100.2")],
    [200, 429, 200],
  );
  t.same(
    [await from(trusting, "198.51.100.7:4711"), await from(trusting, "198.51.100.7:4712")],
    [200, 429],
    "another port does not evade the limit",
  );
  t.same(
    [await from(trusting, "[2001:db8:5:1::1]:443"), await from(trusting, "2001:db8:5:2::1")],
    [200, 429],
    "nor another network of the same customer",
  );
  t.same(
    [await from(trusting, "198.51.100.8, 127.0.0.9:8443"), await from(trusting, "198.51.100.9, 127.0.0.9:8443")],
    [200, 200],
    "nor is a trusted proxy that appends its port taken for the client",
  );
  t.equal(
    await from(trusting, "203.0.113.9, 198.51.100.1"),
    429,
    "what the client itself has put in front does not count",
  );
  const cautious = await HttpHarness.start(t, { http: { rateLimit } });
  t.same([await from(cautious, "198.51.100.1"), await from(cautious, "198.51.100.2")], [200, 429]);
});

await t.test("an IPv6 address is reduced to its /48, and a port is dropped", (t) => {
  t.equal(limitedAddress("198.51.100.1"), "198.51.100.1");
  t.equal(limitedAddress("::ffff:198.51.100.1"), "198.51.100.1");
  for (const address of [
    "2001:db8:7:1::5",
    "2001:db8:7:ffff:ffff::",
    "2001:DB8:7:2:a:b:c:d",
    "2001:0db8:0007:0001::1%eth0",
    "[2001:db8:7::1]:443",
    "[2001:db8:7:9::1]",
  ])
    t.equal(limitedAddress(address), "2001:db8:7::/48", address);
  t.equal(limitedAddress("::1"), "0:0:0::/48");
  t.equal(limitedAddress("2001:db8:1::"), "2001:db8:1::/48");
  for (const address of ["203.0.113.5:4711", "203.0.113.5:1", "203.0.113.5"])
    t.equal(limitedAddress(address), "203.0.113.5", address);
  t.equal(limitedAddress("[::ffff:203.0.113.5]:80"), "203.0.113.5");
  t.end();
});

await t.test("a million addresses use no more memory than some thousands", (t) => {
  const limit = new RateLimit({ name: "x", windowMs: 60_000, quota: 1 }, new FakeClock());
  for (let number = 0; number < 200_000; number++) limit.take(`address ${number}`);
  t.ok(limit.size <= 20_000);
  t.equal(limit.take("address 199999").isWithin, false, "the latest are remembered");
  for (let number = 0; number < 100_000; number++)
    for (let count = 0; count < 2; count++) limit.take(`other ${number}`);
  t.ok(limit.size <= 40_000);
  t.end();
});

await t.test("a flood of addresses does not lift the refusal of another address", async (t) => {
  const clock = new FakeClock();
  const limit = new RateLimit({ name: "x", windowMs: 60_000, quota: 3 }, clock);
  for (let count = 0; count < 4; count++) limit.take("guesser");
  await clock.advance(1_000);
  for (let number = 0; number < 100_000; number++) limit.take(`address ${number}`);
  t.equal(limit.take("guesser").isWithin, false, "still refused");
  await clock.advance(59_000);
  t.same([limit.take("guesser").isWithin, limit.take("guesser").remaining], [true, 1], "until its window is over");
});
