import { inspect } from "node:util";

import t from "tap";

import { faultsOf, loaded, minimal } from "./support.js";

const hash = "ab".repeat(32);

function httpFaults(settings: string): string[] {
  return faultsOf(minimal({ http: settings })).map((fault) => `${fault.path} ${fault.message}`);
}

await t.test("tokens: hash, scopes and faults", (t) => {
  const { tokens } = loaded(
    minimal({
      http: `{ tokens: [{ name: moodle, sha256: ${hash.toUpperCase()}, scopes: ["rooms:read", "rooms:read"] }] }`,
    }),
  ).http;
  t.same(tokens, [{ name: "moodle", sha256: hash, scopes: ["rooms:read"] }]);
  t.same(httpFaults("{ tokens: [{ name: a, sha256: secret, scopes: [] }] }"), [
    "http.tokens[0].sha256 is not a SHA-256 hash",
    "http.tokens[0].scopes must name at least one scope",
  ]);
  t.match(faultsOf(minimal({ http: `{ tokens: [{ name: a, sha256: ${hash}, scopes: ["room:read"] }] }` })), [
    { path: "http.tokens[0].scopes[0]", hint: "did you mean rooms:read?" },
  ]);
  t.same(
    httpFaults(
      `{ tokens: [{ name: a, sha256: ${hash}, scopes: ["rooms:read"] }, { name: a, sha256: ${hash}, scopes: ["rooms:read"] }] }`,
    ),
    ["http.tokens[1].name is a duplicate name", "http.tokens[1].sha256 is the hash of another token in the list"],
  );
  t.same(httpFaults("{ port: 8079 }"), ["http.port is the same as the other port of http"]);
  t.same(httpFaults("{ operators_port: 8080 }"), ["http.operators_port is the same as the other port of http"]);
  t.same(httpFaults("{ port: 9000, operators_port: 9001 }"), []);
  t.end();
});

await t.test("URLs, origins and proxies: accepted and rejected forms", (t) => {
  t.equal(
    loaded(minimal({ http: "{ public_url: 'https://phone.example.org/dial/' }" })).http.publicUrl,
    "https://phone.example.org/dial",
  );
  for (const url of ["phone.example.org", "ftp://x", "https://x?y", "https://x#y", "https://u:p@x"])
    t.equal(httpFaults(`{ public_url: '${url}' }`).length, 1, url);
  for (const origin of ["https://x.example", "http://localhost:3000", "*"])
    t.same(httpFaults(`{ cors_origins: ['${origin}'] }`), []);
  for (const origin of ["https://x.example/", "x.example", "null", "https://x.example/path", "**"])
    t.equal(httpFaults(`{ cors_origins: ['${origin}'] }`).length, 1, origin);
  for (const proxy of ["10.0.0.1", "10.0.0.0/8", "::1", "2001:db8::/32"])
    t.same(httpFaults(`{ trusted_proxies: ['${proxy}'] }`), []);
  for (const proxy of ["proxy.example", "0.0.0.0/0", "loopback", "10.0.0.0/33"])
    t.equal(httpFaults(`{ trusted_proxies: ['${proxy}'] }`).length, 1, proxy);
  t.end();
});

await t.test("rooms.store: directory or Redis", (t) => {
  const store = (text: string): unknown => loaded(minimal({ rooms: `{ store: '${text}' }` })).rooms.store;
  t.same(store("/var/lib/einwahl"), { kind: "embedded", directory: "/var/lib/einwahl" });
  t.same(store("../pins"), { kind: "embedded", directory: "/etc/pins" });
  t.match(store("redis://:password@10.0.0.1:6379/2"), { kind: "redis", prefix: "einwahl" });
  t.notMatch(inspect(loaded(minimal({ rooms: "{ store: 'redis://:hush@10.0.0.1' }" })), { depth: 9 }), /hush/);
  for (const text of ["", "http://x", "redis:", "redis://", "redis:x"])
    t.equal(faultsOf(minimal({ rooms: `{ store: '${text}' }` })).length, 1, text);
  for (const length of [4, 10])
    t.match(faultsOf(minimal({ rooms: `{ pin_length: ${length} }` })), [
      { path: "rooms.pin_length", message: "must be a whole number from 5 to 9" },
    ]);
  t.end();
});

await t.test("the page: title, operator and privacy note", (t) => {
  const { page } = loaded(
    minimal({
      page: "{ title: { de: Wählen }, operator: { name: Verein, address: [Weg 1, Ort], email: a@b.example }, privacy_note: { de: [Satz.] } }",
    }),
  );
  t.same(page.title, { de: "Wählen", en: "Join by phone" });
  t.match(page.operator, { name: "Verein", address: ["Weg 1", "Ort"], email: "a@b.example", phone: undefined });
  t.same(page.privacyNote, { de: ["Satz."], en: [] });
  t.same(
    faultsOf(minimal({ page: "{ operator: { email: nobody } }" })).map((fault) => fault.path),
    ["page.operator.name", "page.operator.email"],
  );
  t.match(faultsOf(minimal({ statistics: "on" })), [
    { path: "statistics", message: "must be one of off, token, public" },
  ]);
  t.end();
});
