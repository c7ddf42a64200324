import { inspect } from "node:util";

import t from "tap";

import { pseudonymKeyFrom } from "../../src/caller/pseudonym.js";
import { Secret } from "../../src/caller/secret.js";
import { formatFaults } from "../../src/config/fault.js";
import { loadConfig } from "../../src/config/load.js";
import { faultsOf, filesOf, load, loaded, minimal } from "./support.js";

await t.test("the minimal configuration has every default", (t) => {
  const config = loaded(minimal());
  t.equal(config.language, "de");
  t.equal(config.drachtio.port, 9022);
  t.equal(config.drachtio.secret.reveal(), "drachtio-secret");
  t.match(config.mediaServers[0], {
    eventSocket: { host: "127.0.0.1", port: 8021 },
    sipProfile: "drachtio_mrf",
    listenAddress: "127.0.0.1",
    advertisedAddress: "127.0.0.1",
    capacity: 100,
  });
  const [trunk] = config.trunks;
  t.equal(trunk.provider, "generic");
  t.equal(trunk.registration, undefined);
  t.same(trunk.numbers, [{ number: "+493012345678", languages: ["de", "en"], city: undefined }]);
  t.match(trunk, {
    country: "DE",
    bareCountryCode: false,
    calledNumberFrom: "to",
    signalling: "tls",
    srtp: "mandatory",
  });
  t.match(config.bbbServers[0], {
    apiUrl: "https://bbb.example.org/bigbluebutton/api/",
    checksum: "sha256",
    sip: { host: "bbb.example.org", port: 5081, transport: "tls", srtp: "mandatory" },
    pollIntervalMs: 5_000,
  });
  t.same(config.calls, {
    maxConcurrent: 100,
    minIdlePercent: 10,
    perNumber: 3,
    withheldPerTrunk: 20,
    withheldAfterRemoval: "allow",
    waitingPlaces: { all: 50, perPin: 30 },
    pin: { tries: 3, firstKeyTimeoutMs: 7_000, nextKeyTimeoutMs: 5_000, dialogueTimeoutMs: 120_000 },
    guessing: {
      windowMs: 3_600_000,
      delayMs: 3_000,
      limits: {
        number: { slowed: 10, refused: 20 },
        withheld: { slowed: 60, refused: 120 },
        all: { slowed: 300, refused: undefined },
      },
    },
    waiting: { limitMs: 1_800_000, remindEveryMs: 45_000 },
    hints: true,
    leaveKey: "#",
    maxDurationMs: 43_200_000,
    mediaTimeoutMs: 30_000,
    holdTimeoutMs: 1_800_000,
  });
  t.same(config.label.template, { de: "{last4}", en: "{last4}" });
  t.equal(config.pseudonymKey, undefined);
  t.same(config.http, {
    host: "127.0.0.1",
    port: 8080,
    operatorsPort: 8079,
    publicUrl: undefined,
    trustedProxies: [],
    corsOrigins: [],
    tokens: [],
    rateLimit: { windowMs: 60_000, perAddress: 120, perToken: 6_000 },
    metrics: "local",
    status: "local",
  });
  t.same(config.rooms, {
    isStoreChosen: false,
    store: { kind: "embedded", directory: "/etc/einwahl/data" },
    pinLength: 9,
    restMs: 90 * 24 * 3_600_000,
    jitsiConfCode: "token",
  });
  t.equal(config.statistics, "off");
  t.same(config.page, {
    title: { de: "Per Telefon teilnehmen", en: "Join by phone" },
    operator: undefined,
    privacyNote: { de: [], en: [] },
  });
  t.same(config.logging, { level: "info", file: undefined, retentionDays: 7 });
  t.match(config.prompts.directory, /\/freeswitch\/sounds$/);
  t.end();
});

await t.test("a configuration with five faults reports five faults", (t) => {
  const faults = faultsOf(
    minimal({
      drachtio: "{ secret: '${DRACHTIO_SECRET}', prot: 9022 }",
      media_servers: "[{ name: media, event_socket: { password: ClueCon } }]",
      trunks: "[{ name: trunk, sources: [], numbers: [{ number: '030 12345678' }] }]",
    }),
  );
  t.same(
    faults.map((fault) => fault.path),
    [
      "drachtio.secret",
      "drachtio.prot",
      "media_servers[0].event_socket.password",
      "trunks[0].numbers[0].number",
      "trunks[0].sources",
    ],
  );
  for (const fault of faults) t.ok(fault.message.length > 5 && fault.hint.length > 5, fault.path);
  t.match(
    formatFaults(faults),
    /^The configuration has 5 faults:\n {2}drachtio\.secret needs the environment variable DRACHTIO_SECRET, which is not set\n {4}-> /,
  );
  t.end();
});

await t.test("faults of YAML, references, settings and cross checks are reported together", (t) => {
  const faults = faultsOf(
    [
      minimal({
        trunks:
          '[{ name: a, sources: [x.example], numbers: [{ number: "+493012345678" }], password: file:nowhere }, { name: a, provider: easybel, sources: [x.example], numbers: [{ number: "+493012345678" }] }]',
      }),
      "http: { port: 1 }",
      "http: { port: 2 }",
    ].join("\n"),
  );
  t.match(faults, [
    { path: "line 6, column 1", message: "is a duplicate setting" },
    { path: "trunks[0].password", message: "names a file that does not exist" },
    { path: "trunks[1].provider", hint: "did you mean easybell?" },
    { path: "trunks[1].name", message: "is a duplicate name" },
    { path: "trunks[1].numbers[0].number", message: "is already used by another trunk or entry" },
  ]);
  t.equal(faults.length, 5);
  t.end();
});

await t.test("a loaded configuration is frozen at any depth", (t) => {
  const config = loaded(minimal());
  const values: unknown[] = [config];
  for (const value of values) {
    if (typeof value !== "object" || value === null) continue;
    if (!Object.isFrozen(value)) t.fail(`not frozen: ${inspect(value)}`);
    for (const inner of Object.values(value) as unknown[]) values.push(inner);
  }
  t.ok(values.length > 60, "the whole configuration was visited");
  t.throws(() => {
    Object.assign(config.calls.pin, { tries: 99 });
  }, TypeError);
  t.throws(() => {
    Object.assign(config.trunks, [1]);
  }, TypeError);
  t.end();
});

await t.test("a loaded configuration prints no secret", (t) => {
  const config = loaded(`${minimal()}\npseudonym_key: \${KEY}`, { KEY: "a-secret-of-32-characters-or-so" });
  for (const print of [inspect(config, { depth: 20, showHidden: true }), JSON.stringify(config)]) {
    for (const secret of ["drachtio-secret", "socket-secret", "bbb-secret", "a-secret-of"]) t.notMatch(print, secret);
    t.match(print, "[secret]");
  }
  t.type(config.pseudonymKey, Secret);
  t.equal(pseudonymKeyFrom(config.pseudonymKey?.reveal() ?? "").length, 32);
  t.end();
});

await t.test("no fault contains a secret, wherever it is in the file", (t) => {
  const hush = "hunter2-hunter2-hunter2";
  const samples = [
    minimal({ drachtio: "{ secret: drachtio, port: '${HUSH}', host: '${HUSH} x' }" }),
    minimal({
      media_servers:
        "[{ name: '${HUSH} !', capacity: '${HUSH}', sip_profile: '${HUSH} !', event_socket: { password: [ '${HUSH}' ] } }]",
    }),
    minimal({
      trunks:
        "[{ name: t, provider: '${HUSH}', registrar: '${HUSH}', username: '${HUSH}@', password: \"${HUSH}\\n\", country: '${HUSH}', expires: '${HUSH}', sources: ['${HUSH}/1'], numbers: [{ number: '${HUSH}', languages: ['${HUSH}'] }], srtp: '${HUSH}', bare_country_code: '${HUSH}' }]",
    }),
    minimal({
      bbb_servers:
        "[{ name: b, api_url: 'https://u:${HUSH}@bbb', secret: { a: '${HUSH}' }, checksum: '${HUSH}', sip: '${HUSH}', poll_interval: '${HUSH}' }]",
    }),
    minimal({
      language: "'${HUSH}'",
      label: "{ template: '\"${HUSH}', anonymous: { de: '${HUSH}{' } }",
      calls: "'${HUSH}'",
      http: "['${HUSH}']",
      prompts: "{ directory: '${HUSH}' }",
      logging: "{ level: '${HUSH}' }",
    }),
    minimal({ drachtio: "{ secret: 'file:${HUSH}' }" }),
    // Secrets in the file itself, in broken YAML
    `drachtio: { secret: "${hush}`,
    `drachtio:\n  secret: ${hush}: ${hush}`,
    `drachtio:\n  secret: "${hush}\\q"`,
    `drachtio:\n  secret: *${hush}`,
    `drachtio:\n  secret: !${hush} x`,
    `drachtio:\n  secret: @${hush}`,
    `drachtio:\n  secret: ]${hush}`,
    `drachtio:\n  secret: x\n ${hush}`,
    `${hush}\n---\n${hush}`,
  ];
  for (const [place, yaml] of samples.entries()) {
    const faults = faultsOf(yaml, { HUSH: hush });
    t.ok(faults.length > 0, `sample ${place} is faulty`);
    t.notMatch(JSON.stringify(faults), "hunter2", `sample ${place}`);
    t.notMatch(formatFaults(faults), "hunter2", `sample ${place} as text`);
  }
  t.end();
});

await t.test("a missing file, an empty one, and one without settings", (t) => {
  t.match(loadConfig("/nowhere.yaml", {}, filesOf({})), {
    ok: false,
    failure: [{ path: "/nowhere.yaml", message: "does not exist" }],
  });
  t.match(load(""), { ok: false, failure: [{ path: "the file", message: "contains no settings" }] });
  t.match(load("# nothing but a comment\n"), { ok: false, failure: [{ message: "contains no settings" }] });
  t.match(load("- a\n- b\n"), { ok: false, failure: [{ message: "contains no settings" }] });
  t.match(load("just text"), { ok: false, failure: [{ message: "contains no settings" }] });
  t.end();
});

await t.test("the file and its secret files are read from disk", (t) => {
  const directory = t.testdir({
    "einwahl.yaml": minimal({ drachtio: "{ secret: file:secrets/drachtio }" }),
    secrets: { drachtio: "from a file\n" },
    nothing: {},
  });
  const result = loadConfig(`${directory}/einwahl.yaml`, {});
  t.equal(result.ok && result.value.drachtio.secret.reveal(), "from a file");
  t.match(loadConfig(`${directory}/nothing`, {}), { ok: false, failure: [{ message: "is not a file" }] });
  t.match(loadConfig(`${directory}/einwahl.yaml/x`, {}), { ok: false, failure: [{ message: "does not exist" }] });
  t.end();
});
