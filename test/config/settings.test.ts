import t from "tap";

import type { TrunkConfig } from "../../src/config/config.js";
import { closestTo, formatPath } from "../../src/config/fault.js";
import { durationMs } from "../../src/config/fields.js";
import { makeCertificates } from "../../src/simulators/certificates.js";
import { faultsOf, loaded, minimal } from "./support.js";

const numbers = 'numbers: [{ number: "+493012345678" }]';

function trunk(settings: string): TrunkConfig {
  return loaded(minimal({ trunks: `[{ name: t, ${numbers}, ${settings} }]` })).trunks[0];
}

function trunkFaults(settings: string): string[] {
  return faultsOf(minimal({ trunks: `[{ name: t, ${settings} }]` })).map((fault) => `${fault.path} ${fault.message}`);
}

await t.test("easybell needs only user name and password", (t) => {
  const easybell = trunk("provider: easybell, username: u, password: p");
  t.match(easybell.registration, {
    registrar: { host: "secure.sip.easybell.de", port: 5061, transport: "tls" },
    username: "u",
    contact: undefined,
    expiresSeconds: 600,
    keepaliveMs: 5_000,
  });
  t.equal(easybell.registration?.password.reveal(), "p");
  t.same(easybell.sources, ["secure.sip.easybell.de"]);
  t.match(easybell, { srtp: "mandatory", signalling: "tls", calledNumberFrom: "to" });
  t.same(trunkFaults(`provider: easybell, ${numbers}`), [
    "trunks[0].username is missing",
    "trunks[0].password is missing",
  ]);
  t.end();
});

await t.test("easybell at a fixed address does not register", (t) => {
  const fixed = trunk("provider: easybell, registrar: false, sources: [192.0.2.0/24]");
  t.equal(fixed.registration, undefined);
  t.same(fixed.sources, ["192.0.2.0/24"]);
  t.same(trunkFaults(`provider: easybell, registrar: false, ${numbers}, username: u`), [
    "trunks[0].sources is missing",
    "trunks[0].username has no effect here",
  ]);
  t.end();
});

await t.test("the registrar is always a source of the trunk", (t) => {
  const generic = trunk(
    "registrar: { host: registrar.example }, username: u, password: p, sources: [192.0.2.1], contact: { host: 203.0.113.1 }, expires: 5m, keepalive: 20s",
  );
  t.same(generic.sources, ["192.0.2.1", "registrar.example"]);
  t.match(generic.registration, {
    registrar: { port: 5061, transport: "tls" },
    contact: { host: "203.0.113.1", port: 5061 },
    expiresSeconds: 300,
    keepaliveMs: 20_000,
  });
  const open = trunk(
    "registrar: { host: registrar.example, transport: udp }, username: u, password: p, allow_unencrypted: true",
  );
  t.match(open.registration?.registrar, { port: 5060, transport: "udp" });
  t.match(open, { srtp: "optional", signalling: "any" });
  t.end();
});

await t.test("unencrypted transports and SRTP settings require allow_unencrypted", (t) => {
  t.same(trunkFaults(`${numbers}, registrar: { host: r.example, transport: udp }, username: u, password: p`), [
    "trunks[0].registrar.transport is not encrypted, and the SRTP keys are sent over it",
  ]);
  t.same(trunkFaults(`${numbers}, sources: [r.example], srtp: mandatory, allow_unencrypted: true`), [
    "trunks[0].allow_unencrypted contradicts srtp",
  ]);
  t.same(trunkFaults(`${numbers}, sources: [r.example], srtp: optional`), ["trunks[0].srtp can only be mandatory"]);
  const bbb = (settings: string): string[] =>
    faultsOf(minimal({ bbb_servers: `[{ name: b, secret: s, ${settings} }]` })).map(
      (fault) => `${fault.path} ${fault.message}`,
    );
  t.same(bbb("api_url: 'https://b/api', sip: { transport: tcp }"), [
    "bbb_servers[0].sip.transport is not encrypted, and the SRTP keys are sent over it",
  ]);
  t.same(bbb("api_url: 'http://b/api'"), [
    "bbb_servers[0].api_url is not encrypted, and participants' names are sent over it",
  ]);
  t.same(bbb("api_url: 'http://127.0.0.1.evil.example/api'"), [
    "bbb_servers[0].api_url is not encrypted, and participants' names are sent over it",
  ]);
  for (const host of ["127.0.0.1:8090", "localhost", "[::1]:8090"]) t.same(bbb(`api_url: 'http://${host}/api'`), []);
  t.same(bbb("api_url: 'http://b/api', allow_http: true, sip: { transport: tcp, allow_unencrypted: true }"), []);
  t.end();
});

await t.test("api_url: accepted and rejected forms", (t) => {
  const apiUrl = (url: string): string =>
    loaded(minimal({ bbb_servers: `[{ name: b, secret: s, api_url: '${url}' }]` })).bbbServers[0].apiUrl;
  for (const url of [
    "https://b.example/bigbluebutton/api",
    "https://b.example/bigbluebutton/api/",
    "https://b.example/bigbluebutton/",
    "https://b.example/bigbluebutton",
  ]) {
    t.equal(apiUrl(url), "https://b.example/bigbluebutton/api/");
  }
  t.equal(
    loaded(minimal({ bbb_servers: "[{ name: b, secret: s, api_url: 'https://[2001:db8::1]:8443/api' }]" }))
      .bbbServers[0].sip.host,
    "2001:db8::1",
  );
  for (const url of ["b.example", "ftp://b/api", "https://u:p@b/api", "https://b/api?x=1", "https://b/api#x"]) {
    t.match(faultsOf(minimal({ bbb_servers: `[{ name: b, secret: s, api_url: '${url}' }]` })), [
      { path: "bbb_servers[0].api_url" },
    ]);
  }
  t.end();
});

await t.test("sources: accepted and rejected forms", (t) => {
  for (const source of ["192.0.2.1", "192.0.2.0/24", "2001:db8::1", "2001:db8::/32", "sbc.example.net", "sbc"]) {
    t.same(trunkFaults(`${numbers}, sources: ['${source}']`), []);
  }
  for (const source of [
    "",
    "192.0.2.0/33",
    "192.0.2.0/",
    "192.0.2/24",
    "300.1.1.1",
    "2001:db8::/129",
    "name/24",
    "a b",
    "https://x",
    "192.0.2.0/8/8",
    "x:5060",
  ]) {
    t.equal(trunkFaults(`${numbers}, sources: ['${source}']`).length, 1);
  }
  t.same(trunkFaults(`${numbers}, sources: [0.0.0.0/0, '::/0']`), [
    "trunks[0].sources[0] matches every address",
    "trunks[0].sources[1] matches every address",
  ]);
  t.same(
    trunkFaults(`provider: easybell, username: u, password: p, ${numbers}, sources: []`),
    ["trunks[0].sources is empty, so that no call is accepted"],
    "an empty list is rejected",
  );
  t.end();
});

await t.test("numbers and their languages", (t) => {
  const config = loaded(
    minimal({
      trunks:
        '[{ name: t, sources: [a], numbers: [{ number: "+493012345678", languages: [en], city: Berlin }, { number: "+493012345679" }] }]',
      language: "en",
    }),
  );
  t.same(config.trunks[0].numbers, [
    { number: "+493012345678", languages: ["en"], city: "Berlin" },
    { number: "+493012345679", languages: ["en", "de"], city: undefined },
  ]);
  t.same(loaded(minimal({ calls: "{ languages: [en] }" })).trunks[0].numbers[0].languages, ["en"]);
  t.match(faultsOf(minimal({ calls: "{ languages: [en] }", language: "de" })), [{ path: "language" }]);
  for (const number of ["+49", "030123456", "0049301234567", "+49 30 1234567", "+0301234567", "+4930123456789012"]) {
    t.same(trunkFaults(`sources: [a], numbers: [{ number: '${number}' }]`), [
      "trunks[0].numbers[0].number is not a phone number in international format",
    ]);
  }
  t.match(faultsOf(minimal({ trunks: "[{ name: t, sources: [a], numbers: [{ number: +493012345678 }] }]" })), [
    { message: "must be text, but is a number", hint: /quotes/ },
  ]);
  t.end();
});

await t.test("durations: accepted and rejected forms", (t) => {
  const good: readonly (readonly [number | string, number])[] = [
    [250, 250],
    ["250", 250],
    ["500ms", 500],
    ["5s", 5_000],
    ["1.5s", 1_500],
    ["2m", 120_000],
    ["1h", 3_600_000],
    ["5 s", 5_000],
  ];
  for (const [text, ms] of good) t.equal(durationMs(text), ms);
  for (const text of ["", "s", "-5s", "5d", "5S", "1h30m", "1e3", "٥s", -1, 1.5, Number.NaN, Infinity])
    t.equal(durationMs(text), undefined);
  t.match(faultsOf(minimal({ calls: "{ max_duration: 1s }" })), [
    { path: "calls.max_duration", message: "must be a duration from 1m to 48h" },
  ]);
  t.match(faultsOf(minimal({ calls: "{ pin: { first_digit_timeout: 20s, total_timeout: 15s } }" })), [
    { path: "calls.pin.first_digit_timeout", message: "is not shorter than total_timeout" },
  ]);
  t.end();
});

await t.test("waiting can be disabled, and the leave key cannot be a key with another function", (t) => {
  const calls = (settings: string): unknown => loaded(minimal({ calls: settings })).calls;
  t.match(calls("{ waiting: { enabled: false, limit: 1h } }"), { waiting: { limitMs: 0, remindEveryMs: 45_000 } });
  t.match(calls("{ waiting: { limit: 4h, reminder_interval: 1m }, hints: false }"), {
    waiting: { limitMs: 14_400_000, remindEveryMs: 60_000 },
    hints: false,
  });
  for (const key of ["#", "0", "1", "5", "7", "9"]) t.match(calls(`{ leave_key: "*${key}" }`), { leaveKey: key });
  t.equal(loaded(minimal({ calls: "{ leave_key: 'off' }" })).calls.leaveKey, undefined);
  for (const key of ["*6", "**", "*", "#", "0", "*12", "**#", "*A", "*٣", "none"])
    t.match(faultsOf(minimal({ calls: `{ leave_key: "${key}" }` })), [{ path: "calls.leave_key" }]);
  for (const limit of ["9s", "5h"])
    t.match(faultsOf(minimal({ calls: `{ waiting: { limit: ${limit} } }` })), [{ path: "calls.waiting.limit" }]);
  t.end();
});

await t.test("labels: accepted and rejected forms", (t) => {
  const label = (text: string): unknown => loaded(minimal({ label: text })).label;
  t.match(label("{ template: 'Tel {last4}' }"), {
    template: { de: "Tel {last4}", en: "Tel {last4}" },
    anonymous: { de: "Anonym", en: "No number" },
  });
  t.match(label("{ template: { en: 'Call {last4}' }, unreadable: { de: Anruf } }"), {
    template: { de: "{last4}", en: "Call {last4}" },
    unreadable: { de: "Anruf", en: "Phone" },
  });
  t.match(
    faultsOf(minimal({ label: "{ template: { de: 'x-bbbID-y', en: '{number}' }, anonymous: '{last4}' }" })).map(
      (fault) => fault.path,
    ),
    ["label.template.de", "label.template.en", "label.anonymous"],
  );
  t.end();
});

await t.test("media servers", (t) => {
  const faults = faultsOf(
    minimal({
      media_servers:
        "[{ name: a, event_socket: { password: '${P}' }, listen_address: 0.0.0.0 }, { name: a, event_socket: { password: x }, listen_address: host }]",
    }),
    { P: "ClueCon" },
  );
  t.match(faults, [
    { path: "media_servers[0].event_socket.password", message: "is FreeSWITCH's stock password" },
    { path: "media_servers[0].advertised_address", message: "is missing" },
    { path: "media_servers[1].listen_address", message: "is not an IP address" },
    { path: "media_servers[1].name" },
  ]);
  t.end();
});

await t.test("unknown settings are rejected with a suggestion", (t) => {
  const hint = (key: string, section = "drachtio"): string | undefined =>
    faultsOf(minimal({ [section]: `{ ${key}: 1, secret: s }` }))[0]?.hint;
  t.equal(hint("hots"), "did you mean host?");
  t.equal(hint("Port"), "did you mean port?");
  t.equal(hint("zzz"), "the settings here are host, port, secret");
  t.match(faultsOf(minimal({ bbb_server: "[]" })), [{ path: "bbb_server", hint: "did you mean bbb_servers?" }]);
  t.match(
    faultsOf(minimal({ trunks: "[{ name: t, sources: [a], numbers: [{ number: '+493012345678', language: de }] }]" })),
    [{ path: "trunks[0].numbers[0].language", hint: "did you mean languages?" }],
  );
  for (const key of ["__proto__", "constructor", "toString", "hasOwnProperty"])
    t.match(faultsOf(minimal({ [key]: "{ polluted: 1 }" })), [{ path: key, message: "is an unknown setting" }]);
  t.equal(Object.hasOwn(Object.prototype, "polluted"), false);
  t.end();
});

await t.test("sections that are missing, empty or of another type are rejected", (t) => {
  t.same(
    faultsOf("language: de").map((fault) => `${fault.path} ${fault.message}`),
    ["drachtio is missing", "media_servers is missing", "trunks is missing", "bbb_servers is missing"],
  );
  t.match(faultsOf(minimal({ trunks: "" })), [{ path: "trunks", message: "is empty" }]);
  t.match(faultsOf(minimal({ trunks: "[]" })), [{ path: "trunks", message: "must name at least one trunk" }]);
  t.match(faultsOf(minimal({ trunks: "{ name: t }" })), [
    { path: "trunks", message: "must be a list, but is a map of settings" },
  ]);
  t.match(faultsOf(minimal({ trunks: "[null, 5]" })), [
    { path: "trunks[0]", message: "is empty" },
    { path: "trunks[1]", message: "must be a map of settings, but is a number" },
  ]);
  t.match(faultsOf(minimal({ http: "{ port: [1] }" })), [
    { path: "http.port", message: "must be a number or text, but is a list" },
  ]);
  t.match(faultsOf(minimal({ trunks: `[{ name: t, ${numbers}, sources: [a], registrar: true }]` })), [
    { path: "trunks[0].registrar", message: "must be false or a map of settings, but is true or false" },
  ]);
  t.end();
});

await t.test("paths of settings in faults", (t) => {
  t.equal(formatPath(["trunks", 0, "password"]), "trunks[0].password");
  t.equal(formatPath([]), "the file");
  t.equal(formatPath(["a b", "c\n"]), '["a b"]["c\\n"]');
  t.ok(formatPath(["x".repeat(1_000_000)]).length < 100);
  t.end();
});

await t.test("the closest setting is suggested", (t) => {
  t.equal(closestTo("tiers", ["tries", "lengths"]), "tries");
  t.equal(closestTo("poll-interval", ["poll_interval"]), "poll_interval");
  t.equal(closestTo("xyz", ["tries", "lengths"]), undefined);
  t.equal(closestTo("", ["tries"]), undefined);
  t.end();
});

await t.test("a misspelt provider causes only one fault", (t) => {
  t.same(trunkFaults(`provider: easybel, username: u, password: p, ${numbers}`), [
    "trunks[0].provider must be one of easybell, dus.net, sipgate, telekom-companyflex, plusnet, generic",
  ]);
  t.end();
});

await t.test("realm, certificate name and authority of the registrar", async (t) => {
  t.match(trunk("provider: easybell, username: u, password: p").registration, {
    realms: ["secure.sip.easybell.de", "sip.easybell.de"],
    certificate: { name: "secure.sip.easybell.de", ca: undefined },
  });
  const register = "registrar: { host: 192.0.2.1 }, domain: example.net, username: u, password: p";
  t.match(trunk(register).registration, { realms: ["example.net", "192.0.2.1"], certificate: { name: "192.0.2.1" } });
  t.match(trunk(`${register}, realm: asterisk, certificate_name: sip.example.net`).registration, {
    realms: ["asterisk"],
    certificate: { name: "sip.example.net" },
  });
  const { ca } = await makeCertificates();
  t.equal(trunk(`${register}, ca: ${JSON.stringify(ca)}`).registration?.certificate.ca, ca);
  t.same(trunkFaults(`${register}, ${numbers}, ca: trunk-ca.pem, realm: 'a"b'`), [
    "trunks[0].realm is not a realm",
    "trunks[0].ca contains no PEM certificate",
  ]);
  const broken = ca.replace(/[A-Za-z0-9]{40}/, "AAAA");
  t.same(
    trunkFaults(`${register}, ${numbers}, ca: ${JSON.stringify(broken)}`),
    ["trunks[0].ca contains a certificate that can't be read"],
    "Node would throw at the first connection",
  );
  t.same(trunkFaults(`registrar: false, ${numbers}, sources: [192.0.2.1], ca: ${JSON.stringify(ca)}`), [
    "trunks[0].ca has no effect here",
  ]);
  t.same(
    trunkFaults(
      `registrar: { host: r.example, transport: udp }, allow_unencrypted: true, username: u, password: p, ${numbers}, certificate_name: r.example`,
    ),
    ["trunks[0].certificate_name has no effect here"],
  );
  t.ok(
    trunk("provider: plusnet, registrar: { host: sip.plusnet.de }, username: u, password: p").assumed.includes("realm"),
  );
  t.notOk(
    trunk(
      "provider: plusnet, registrar: { host: sip.plusnet.de }, username: u, password: p, realm: plusnet.de",
    ).assumed.includes("realm"),
  );
});

await t.test("the log: standard output, or files that are kept for seven days at most", (t) => {
  t.same(loaded(minimal({ logging: "{ file: logs/einwahl.log, retention_days: 2 }" })).logging, {
    level: "info",
    file: "/etc/einwahl/logs/einwahl.log",
    retentionDays: 2,
  });
  t.equal(loaded(minimal({ logging: "{ file: /var/log/einwahl.log }" })).logging.file, "/var/log/einwahl.log");
  for (const days of ["0", "8", "1.5", "-1", "forever"])
    t.equal(faultsOf(minimal({ logging: `{ retention_days: ${days} }` }))[0]?.path, "logging.retention_days", days);
  for (const file of ['""', "logs/", "..", "/", '"a\\nb"'])
    t.equal(faultsOf(minimal({ logging: `{ file: ${file} }` }))[0]?.path, "logging.file", file);
  t.end();
});

await t.test("synthetic calls: off by default, to all or to listed servers", (t) => {
  t.equal(loaded(minimal()).syntheticCall, undefined);
  const servers =
    '[{ name: a, api_url: "https://a.example/bigbluebutton/api", secret: s }, { name: b, api_url: "https://b.example/bigbluebutton/api", secret: s }]';
  const settings = (syntheticCall: string): string => minimal({ bbb_servers: servers, synthetic_call: syntheticCall });
  t.strictSame(loaded(settings("{ enabled: true }")).syntheticCall, {
    intervalMs: 900_000,
    jitterMs: 60_000,
    trunk: undefined,
    ca: undefined,
    contact: undefined,
    servers: ["a", "b"],
  });
  t.match(
    loaded(settings("{ enabled: true, interval: 1h, servers: [b], contact: { host: 10.0.0.5 } }")).syntheticCall,
    { intervalMs: 3_600_000, contact: { host: "10.0.0.5", port: 5_061 }, servers: ["b"] },
  );
  const faults = (text: string): string[] => faultsOf(settings(text)).map(({ path, message }) => `${path} ${message}`);
  t.strictSame(faults("{ enabled: true, servers: [a, c] }"), [
    "synthetic_call.servers[1] is not the name of a BBB server",
  ]);
  t.strictSame(faults("{ trunk: nobody }"), ["synthetic_call.trunk is not the name of a trunk"]);
  t.strictSame(faults("{ trunk: trunk }"), ["synthetic_call.trunk names a trunk that does not register"]);
  t.strictSame(faults("{ servers: [] }"), ["synthetic_call.servers must name at least one BBB server"]);
  t.strictSame(faults("{ interval: 10s }"), ["synthetic_call.interval must be a duration from 1m to 24h"]);
  t.end();
});

await t.test("limits for wrong PINs: slow is below refuse, and the limit for all never refuses", (t) => {
  t.match(
    loaded(minimal({ calls: "{ guessing: { window: 30m, number: { slow: 5 }, all: { slow: 50 } } }" })).calls.guessing,
    { windowMs: 1_800_000, limits: { number: { slowed: 5, refused: 20 }, all: { slowed: 50 } } },
  );
  t.match(faultsOf(minimal({ calls: "{ guessing: { withheld: { slow: 30, refuse: 30 } } }" })), [
    { path: "calls.guessing.withheld.refuse", message: "is not greater than slow" },
  ]);
  t.match(
    faultsOf(minimal({ calls: "{ guessing: { number: { slow: 0 }, all: { refuse: 9 } } }" }))
      .map(({ path }) => path)
      .sort(),
    ["calls.guessing.all.refuse", "calls.guessing.number.slow"],
  );
  t.end();
});
