import t from "tap";

import {
  type Challenge,
  chooseChallenge,
  digestAuthorization,
  digestResponse,
  readDigests,
} from "../../src/util/digest.js";

const register = { method: "REGISTER", uri: "sip:sip.easybell.de" };

function chosen(header: string, realms?: readonly string[]): Challenge | string {
  const challenge = chooseChallenge(header, realms);
  return challenge.ok ? challenge.value : JSON.stringify(challenge.failure);
}

await t.test("the examples of RFC 2069 (erratum 749), RFC 2617 section 3.5 and RFC 7616 section 3.9.1", (t) => {
  const old = { realm: "testrealm@host.com", nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093" };
  const auth = { qop: "auth", nc: "00000001" };
  const web = {
    realm: "http-auth@example.org",
    nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
    ...auth,
    cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
  };
  for (const [params, password, response] of [
    [old, "CircleOfLife", "1949323746fe6a43ef61f9606e7febea"],
    [{ ...old, ...auth, cnonce: "0a4f113b" }, "Circle Of Life", "6629fae49393a05397450978507c4ef1"],
    [{ ...web, algorithm: "MD5" }, "Circle of Life", "8ca523f5e9506fed4657c9700eebdbec"],
    [
      { ...web, algorithm: "SHA-256" },
      "Circle of Life",
      "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
    ],
    // Computed independently: the RFC's only example uses userhash.
    [
      { ...web, algorithm: "SHA-512-256" },
      "Circle of Life",
      "430d05014cecc49cab6fbe03176d41a1da86cbfe24a16580e22aaad928d960d0",
    ],
  ] as const) {
    t.equal(
      digestResponse(new Map(Object.entries(params)), { username: "Mufasa", password }, "GET", "/dir/index.html"),
      response,
    );
  }
  t.equal(
    digestResponse(new Map([["algorithm", "MD5-sess"]]), { username: "u", password: "p" }, "GET", "/"),
    undefined,
  );
  t.end();
});

await t.test("several challenges in one value: the first supported one of an expected realm is chosen", (t) => {
  const both =
    'Digest realm="a, b", nonce="1", algorithm=SHA-256, qop="auth", Digest realm="a, b", nonce="2", algorithm=MD5';
  t.match(chosen(both), { realm: "a, b", nonce: "1", algorithm: "SHA-256", qop: "auth" });
  t.match(chosen('Basic realm="x", Digest realm="a", nonce="1", algorithm=SHA-1, Digest realm="a", nonce="2"'), {
    nonce: "2",
    algorithm: undefined,
    qop: undefined,
  });
  t.match(chosen('Digest realm="other", nonce="1", Digest realm="Mine.Example", nonce="2"', ["mine.example"]), {
    nonce: "2",
  });
  t.match(
    chosen(
      'Digest realm="a",nonce="1",qop="auth-int",\r\n DIGEST  realm="a" , nonce="2",qop="auth-int, auth", stale=TRUE, opaque=""',
    ),
    { nonce: "2", qop: "auth", isStale: true, opaque: "" },
  );
  t.match(chosen('Negotiate, NTLM TlRM==, Digest realm="a", nonce="1"'), { nonce: "1" });
  t.end();
});

await t.test("challenges that can't or must not be answered, with the reason", (t) => {
  t.match(
    chosen('Digest realm="elsewhere.example", nonce="1"', ["sip.easybell.de"]),
    /"other-realm","realm":"elsewhere.example"/,
  );
  t.match(chosen('Digest realm="r", nonce="1", algorithm=MD5-sess'), /"unsupported","algorithm":"MD5-sess"/);
  t.match(chosen('Digest realm="r", nonce="1", qop="auth-int"'), /"unsupported","algorithm":"MD5"/);
  for (const none of [
    "",
    "Digest",
    'Digest realm="r"',
    'Digest nonce="1"',
    'Basic realm="r", nonce="1"',
    'Digest realm="r" x, nonce="1"',
    'Digest realm="r\u0001", nonce="1"',
    `Digest realm="${"r".repeat(5_000)}", nonce="1"`,
  ]) {
    t.match(chosen(none), /"no-digest"/, JSON.stringify(none.slice(0, 60)));
  }
  t.strictSame(readDigests('realm="r", nonce="1"'), [], "parameters without a scheme");
  t.end();
});

await t.test("the response repeats realm, nonce and opaque unchanged and escapes the user name", (t) => {
  const challenge = chosen('Digest realm="a \\"b\\", c", nonce="n+/=", opaque="o", qop="auth"');
  if (typeof challenge === "string") throw new Error(challenge);
  t.equal(
    digestAuthorization(challenge, { username: 'u"v', password: "p" }, register, "c0ffee", 17).replace(
      /response="[0-9a-f]{32}"/,
      "response",
    ),
    'Digest username="u\\"v", realm="a \\"b\\", c", nonce="n+/=", uri="sip:sip.easybell.de", response, cnonce="c0ffee", qop=auth, nc=00000011, opaque="o"',
  );
  t.end();
});

await t.test("hostile challenges: the response has no line break and no extra parameters", (t) => {
  const pieces = [
    "Digest",
    "Basic",
    " ",
    ",",
    "=",
    '"',
    "\\",
    "\r\n",
    "\r\n ",
    "realm",
    "nonce",
    "qop",
    "auth",
    "opaque",
    "algorithm",
    "MD5",
    "\u0000",
    "x",
  ];
  let seed = 7;
  const draw = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  let answers = 0;
  for (let round = 0; round < 20_000; round += 1) {
    const tail = Array.from({ length: draw(12) }, () => pieces[draw(pieces.length)] ?? "").join("");
    const challenge = chooseChallenge(`Digest realm="r", nonce="n${tail}`, undefined);
    if (!challenge.ok) continue;
    answers += 1;
    const answer = digestAuthorization(challenge.value, { username: "u", password: "p" }, register, "c", 1);
    if (/[\r\n\0]/.test(answer)) t.fail(JSON.stringify([tail, answer]));
    const names = [...answer.replace(/"(?:[^"\\]|\\.)*"/g, '""').matchAll(/(\w+)=/g)].map(([, name]) => name);
    if (
      names.some(
        (name) =>
          !["username", "realm", "nonce", "uri", "response", "cnonce", "qop", "nc", "algorithm", "opaque"].includes(
            name ?? "",
          ),
      )
    )
      t.fail(JSON.stringify([tail, answer]));
  }
  t.ok(answers > 100, `${answers} answers`);
  t.end();
});
