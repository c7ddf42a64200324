import t from "tap";

import { digestResponse, readDigests } from "../../src/util/digest.js";
import { answered, type SentRequest } from "../support/fake-requests.js";
import {
  bench,
  grants,
  hostAt,
  type RegistrationBench,
  registrationOptions,
  stopped,
} from "../support/registration-bench.js";

const realm = "sip.easybell.de";

function given({ headers }: SentRequest): ReadonlyMap<string, string> {
  return readDigests(headers["Authorization"] ?? headers["Proxy-Authorization"] ?? "")[0] ?? new Map<string, string>();
}

/** Whether the request answers a challenge with this nonce in the trunk's realm. */
function isRight(request: SentRequest | undefined, nonce: string): boolean {
  if (request === undefined) return false;
  const params = given(request);
  const { authUsername, password } = registrationOptions;
  return (
    params.get("nonce") === nonce &&
    params.get("realm") === realm &&
    params.get("username") === authUsername &&
    params.get("uri") === request.uri &&
    params.get("response") === digestResponse(params, { username: authUsername, password }, "REGISTER", request.uri)
  );
}

function challenge(nonce: string, more = ""): string {
  return `Digest realm="${realm}", nonce="${nonce}"${more}`;
}

/** Challenges requests that do not answer this nonce and grants the others. */
function challenging(nonce: string, header = challenge(nonce)): Parameters<typeof bench>[0] {
  return (request, index) =>
    isRight(request, nonce)
      ? grants(600)(request, index)
      : answered(401, { "WWW-Authenticate": header }, "Unauthorized");
}

function secretsSent({ requests }: RegistrationBench): number {
  return requests.sent.filter(
    ({ headers }) => headers["Authorization"] !== undefined || headers["Proxy-Authorization"] !== undefined,
  ).length;
}

await t.test("a challenge like easybell's is answered once, with the same Call-ID and the next CSeq", async (t) => {
  const all = bench(challenging("n1"));
  all.registration.start();
  await all.clock.advance(100);
  const [first, second] = all.requests.registers;
  t.equal(all.requests.registers.length, 2);
  t.equal(all.registration.state.kind, "registered");
  t.notOk(first?.headers["Authorization"], "nothing before a challenge");
  t.notMatch(second?.headers["Authorization"], /qop|algorithm|cnonce|nc=/);
  t.strictSame(
    [first, second].map((request) => request?.headers["CSeq"]),
    ["1 REGISTER", "2 REGISTER"],
  );
  for (const name of ["Call-ID", "From", "To", "Contact"]) t.equal(second?.headers[name], first?.headers[name], name);
  await stopped(t, all, 60);
  t.equal(all.requests.registers.at(-1)?.headers["Expires"], "0");
  t.ok(isRight(all.requests.registers.at(-1), "n1"), "un-registers with a password, too");
});

await t.test("a challenge with another realm is never answered, and the state has the reason", async (t) => {
  const all = bench(() => answered(401, { "WWW-Authenticate": 'Digest realm="evil\u202e 004930123456", nonce="n"' }), {
    host: hostAt({ address: "192.0.2.1", port: 5061 }, { address: "192.0.2.2", port: 5061 }),
  });
  all.registration.start();
  await all.clock.advance(100_000);
  t.equal(secretsSent(all), 0);
  t.match(all.registration.state, {
    kind: "not-registered",
    why: `password not sent: the registrar's realm is "evil? ...", expected secure.sip.easybell.de or sip.easybell.de (trunks[].realm)`,
  });
  t.strictSame(new Set(all.requests.registers.map(({ nextHop }) => nextHop)).size, 2, "the other address is tried");
  await stopped(t, all);
});

await t.test("several challenges in one answer, SHA-256 beside MD5, commas in a realm before ours", async (t) => {
  const all = bench(
    challenging(
      "n2",
      `Digest realm="a, realm=\\"b\\", c", nonce="x", qop="auth", ${challenge("n2", ', algorithm=SHA-256, qop="auth,auth-int"')}, ${challenge("n3", ", algorithm=MD5")}`,
    ),
  );
  all.registration.start();
  await all.clock.advance(100);
  t.equal(all.registration.state.kind, "registered");
  const params = given(all.requests.registers[1] as SentRequest);
  t.match(Object.fromEntries(params), {
    algorithm: "SHA-256",
    qop: "auth",
    cnonce: "c0ffee",
    nc: "00000001",
    response: /^[0-9a-f]{64}$/,
  });
  await stopped(t, all, 60);
});

await t.test("a stale nonce is answered again, a wrong password is not", async (t) => {
  const stale = bench((request, index) => {
    if (isRight(request, "n2")) return grants(600)(request, index);
    return answered(401, {
      "WWW-Authenticate": isRight(request, "n1") ? challenge("n2", ", stale=true") : challenge("n1"),
    });
  });
  stale.registration.start();
  await stale.clock.advance(200);
  t.equal(stale.requests.registers.length, 3);
  t.equal(stale.registration.state.kind, "registered");
  await stopped(t, stale, 90);

  const wrong = bench((_request, index) =>
    answered(401, { "WWW-Authenticate": challenge(`n${index}`) }, "Unauthorized"),
  );
  wrong.registration.start();
  await wrong.clock.advance(3_000);
  t.equal(wrong.requests.registers.length, 2);
  t.match(wrong.registration.state, {
    why: "401 Unauthorized: the registrar does not accept the password (trunks[].username, auth_username, password); next attempt in 30 s",
  });
  await wrong.clock.advance(597_000);
  t.equal(secretsSent(wrong), 5, "in ten minutes: registrars ban an address that guesses");
  await wrong.clock.advance(3_000_000);
  t.equal(secretsSent(wrong), 10, "in an hour");
  await stopped(t, wrong);

  const endless = bench((_request, index) =>
    answered(401, { "WWW-Authenticate": challenge(`n${index}`, ", stale=true") }, "Unauthorized"),
  );
  endless.registration.start();
  await endless.clock.advance(3_000);
  t.equal(endless.requests.registers.length, 5, "always stale: given up");
  await stopped(t, endless);
});

await t.test("challenges of a proxy and of the registrar are both answered", async (t) => {
  const all = bench((request, index) => {
    const { Authorization: registrar, "Proxy-Authorization": proxy } = request.headers;
    if (proxy === undefined) return answered(407, { "Proxy-Authenticate": challenge("p") });
    return registrar === undefined
      ? answered(401, { "WWW-Authenticate": challenge("r") })
      : grants(600)(request, index);
  });
  all.registration.start();
  await all.clock.advance(200);
  t.equal(all.registration.state.kind, "registered");
  t.match(all.requests.registers[2]?.headers, { Authorization: /nonce="r"/, "Proxy-Authorization": /nonce="p"/ });
  await stopped(t, all, 120);
});

await t.test("nc is incremented for a reused nonce", async (t) => {
  const all = bench(challenging("n1", challenge("n1", ', qop="auth"')));
  all.registration.start();
  await all.clock.advance(451_000);
  t.strictSame(
    all.requests.registers.map((request) => given(request).get("nc")),
    [undefined, "00000001", undefined, "00000002"],
  );
  await stopped(t, all, 60);
});

await t.test("unsupported challenges are reported, and no credentials are sent", async (t) => {
  for (const [header, why] of [
    [undefined, "401 without a Digest challenge"],
    ['Basic realm="sip.easybell.de"', "401 without a Digest challenge"],
    [challenge("n", ", algorithm=MD5-sess"), "401 with a Digest challenge that is not supported (MD5-sess)"],
  ] as const) {
    const all = bench(() => answered(401, header === undefined ? {} : { "WWW-Authenticate": header }));
    all.registration.start();
    await all.clock.advance(100);
    t.match(all.registration.state, { why });
    t.equal(secretsSent(all), 0);
    await stopped(t, all);
  }
});

await t.test("an IPv6 registrar: authentication uses the same next hop", async (t) => {
  const all = bench(challenging("n1"), { host: hostAt({ address: "2001:db8::2", port: 5061 }) });
  all.registration.start();
  await all.clock.advance(100);
  t.equal(all.registration.state.kind, "registered");
  t.strictSame(
    all.requests.registers.map(({ nextHop }) => nextHop),
    ["sip:[2001:db8::2]:5061;transport=tls", "sip:[2001:db8::2]:5061;transport=tls"],
  );
  await stopped(t, all, 60);
});
