import t from "tap";

import {
  addressOf,
  type Change,
  grants,
  refused,
  RegistrarServers,
  says,
  type ServerState,
  silent,
  up,
} from "../support/registrar-servers.js";
import { seeded } from "../support/seeded.js";

/*
 * The server of a registrar that gets each REGISTER, its time, and the status meanwhile. Times are in seconds; the servers a, b,
 * c, ... are those of the SRV records, in the order of their priority.
 */

interface Row {
  readonly what: string;
  readonly changes: readonly Change[];
  readonly seconds: number;
  readonly events: readonly string[];
}

const forbidden =
  "403 Forbidden: the registrar does not let this user register (trunks[].username, password, or the account at the provider)";
const notOffered = 'the registrar\'s name does not offer SIP over tls (SRV record with the target ".")';
const unknown = "404 Not Found: the registrar does not know this user (trunks[].username, domain)";

const rows: readonly Row[] = [
  {
    what: "all servers are up: registers at the first and stays there",
    changes: [{ at: 0, dns: "a b c", servers: { a: up, b: up, c: up } }],
    seconds: 800,
    events: ["0 REGISTER a", "0.03 registered a", "450 REGISTER a", "450.03 registered a"],
  },
  {
    what: "the first refuses connections: the second at once, kept after the first is back",
    changes: [
      { at: 0, dns: "a b", servers: { a: refused, b: up } },
      { at: 100, servers: { a: up } },
    ],
    seconds: 500,
    events: ["0 REGISTER b", "0.03 registered b", "450 REGISTER b", "450.03 registered b"],
  },
  {
    what: "the first does not respond: the second after drachtio's 408",
    changes: [{ at: 0, dns: "a b", servers: { a: silent, b: up } }],
    seconds: 100,
    events: ["0 REGISTER a", "32 the registrar does not answer (408)", "32 REGISTER b", "32.03 registered b"],
  },
  ...[says(503), says(500), says(504), says(408), says(599)].map((state): Row => ({
    what: `the first responds ${state.status}: the second after 4 s`,
    changes: [{ at: 0, dns: "a b", servers: { a: state, b: up } }],
    seconds: 100,
    events: [
      "0 REGISTER a",
      `0.03 ${state.status} ${{ 503: "Service Unavailable", 500: "Server Internal Error", 504: "Server Time-out", 408: "Request Timeout" }[state.status] ?? "Reason"}`,
      "4 REGISTER b",
      "4.03 registered b",
    ],
  })),
  {
    what: "503 with Retry-After from both: neither gets a request before its Retry-After",
    changes: [
      {
        at: 0,
        dns: "a b",
        servers: { a: says(503, { "Retry-After": "60" }), b: says(503, { "Retry-After": "20 (soon);duration=900" }) },
      },
      { at: 50, servers: { a: up, b: up } },
    ],
    seconds: 100,
    events: [
      "0 REGISTER a",
      "0.03 503 Service Unavailable; paused for 60 s",
      "4 REGISTER b",
      "4.03 503 Service Unavailable; paused for 20 s",
      "24.03 REGISTER b",
      "24.06 503 Service Unavailable; paused for 20 s",
      "44.06 REGISTER b",
      "44.09 503 Service Unavailable; paused for 20 s",
      "60.09 REGISTER a",
      "60.12 registered a",
    ],
  },
  {
    what: "503 with Retry-After from the only server: retried after it, not after the backoff",
    changes: [
      { at: 0, dns: "a", servers: { a: says(503, { "Retry-After": "90" }) } },
      { at: 80, servers: { a: up } },
    ],
    seconds: 200,
    events: ["0 REGISTER a", "0.03 503 Service Unavailable; paused for 90 s", "90.03 REGISTER a", "90.06 registered a"],
  },
  {
    what: "503 with Retry-After of a day: retried after five minutes",
    changes: [{ at: 0, dns: "a", servers: { a: says(503, { "Retry-After": "86400" }) } }],
    seconds: 400,
    events: [
      "0 REGISTER a",
      "0.03 503 Service Unavailable; paused for 300 s",
      "300.03 REGISTER a",
      "300.06 503 Service Unavailable; paused for 300 s",
    ],
  },
  {
    what: "503 with Retry-After as a date, malformed or 0: treated as absent",
    changes: [
      {
        at: 0,
        dns: "a b c",
        servers: {
          a: says(503, { "Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT" }),
          b: says(503, { "Retry-After": "soon" }),
          c: says(500, { "Retry-After": "0" }),
        },
      },
      { at: 10, servers: { a: up } },
    ],
    seconds: 60,
    events: [
      "0 REGISTER a",
      "0.03 503 Service Unavailable",
      "4 REGISTER b",
      "4.03 503 Service Unavailable",
      "8 REGISTER c",
      "8.03 500 Server Internal Error",
      "12.03 REGISTER a",
      "12.06 registered a",
    ],
  },
  {
    what: "all servers fail: one after the other, with backoff after each round",
    changes: [
      { at: 0, dns: "a b", servers: { a: says(503), b: says(500) } },
      { at: 30, servers: { b: up } },
    ],
    seconds: 60,
    events: [
      "0 REGISTER a",
      "0.03 503 Service Unavailable",
      "4 REGISTER b",
      "4.03 500 Server Internal Error",
      "8.03 REGISTER a",
      "8.06 503 Service Unavailable",
      "12.03 REGISTER b",
      "12.06 500 Server Internal Error",
      "20.06 REGISTER a",
      "20.09 503 Service Unavailable",
      "24.06 REGISTER b",
      "24.09 500 Server Internal Error",
      "40.09 REGISTER a",
      "40.12 503 Service Unavailable",
      "44.09 REGISTER b",
      "44.12 registered b",
    ],
  },
  {
    what: "503 from one, connections refused by the other: backoff for both",
    changes: [{ at: 0, dns: "a b", servers: { a: says(503), b: refused } }],
    seconds: 40,
    events: [
      "0 REGISTER a",
      "0.03 503 Service Unavailable",
      "4 b:5061 refuses connections",
      "8 REGISTER a",
      "8.03 503 Service Unavailable",
      "12 b:5061 refuses connections",
      "20 REGISTER a",
      "20.03 503 Service Unavailable",
      "24 b:5061 refuses connections",
      "40 REGISTER a",
    ],
  },
  {
    what: "302 to a foreign server: reported, not followed; then the registrar's next server",
    changes: [
      {
        at: 0,
        dns: "a b",
        servers: {
          a: says(302, { Contact: `<sip:user@${addressOf("e")}:5061;transport=tls>;expires=60` }),
          b: up,
          e: up,
        },
      },
    ],
    seconds: 100,
    events: [
      "0 REGISTER a",
      "0.03 302 Moved Temporarily: the registrar redirects to e:5061, which is not followed: if the provider confirms it, set it as trunks[].registrar; next attempt in 30 s",
      "30.03 REGISTER b",
      "30.06 registered b",
    ],
  },
  {
    what: "302 to one of the registrar's servers: followed",
    changes: [
      {
        at: 0,
        dns: "a b c",
        servers: { a: says(302, { Contact: `<sip:user@${addressOf("c")};transport=tls>` }), b: up, c: up },
      },
    ],
    seconds: 100,
    events: ["0 REGISTER a", "0.03 the registrar redirects to its own address c", "4 REGISTER c", "4.03 registered c"],
  },
  {
    what: "302 loop: treated as a failure of all servers",
    changes: [
      {
        at: 0,
        dns: "a b",
        servers: {
          a: says(302, { Contact: `<sip:${addressOf("b")}:5061>` }),
          b: says(302, { Contact: `<sip:${addressOf("a")}:5061>` }),
        },
      },
    ],
    seconds: 20,
    events: [
      "0 REGISTER a",
      "0.03 the registrar redirects to its own address b",
      "4 REGISTER b",
      "4.03 the registrar redirects to its own address a",
      "8.03 REGISTER a",
      "8.06 the registrar redirects to its own address b",
      "12.03 REGISTER b",
      "12.06 the registrar redirects to its own address a",
    ],
  },
  {
    what: "403: five REGISTERs in ten minutes, alternating between the servers, then one every ten minutes",
    changes: [{ at: 0, dns: "a b", servers: { a: says(403), b: says(404) } }],
    seconds: 2_200,
    events: [
      "0 REGISTER a",
      `0.03 ${forbidden}; next attempt in 30 s`,
      "30.03 REGISTER b",
      `30.06 ${unknown}; next attempt in 60 s`,
      "90.06 REGISTER a",
      `90.09 ${forbidden}; next attempt in 120 s`,
      "210.09 REGISTER b",
      `210.12 ${unknown}; next attempt in 240 s`,
      "450.12 REGISTER a",
      `450.15 ${forbidden}; next attempt in 480 s`,
      "930.15 REGISTER b",
      `930.18 ${unknown}; next attempt in 600 s`,
      "1530.18 REGISTER a",
      `1530.21 ${forbidden}; next attempt in 600 s`,
      "2130.21 REGISTER b",
      `2130.24 ${unknown}; next attempt in 600 s`,
    ],
  },
  {
    what: "403 with Retry-After: the longer of Retry-After and backoff applies",
    changes: [
      { at: 0, dns: "a", servers: { a: says(403, { "Retry-After": "100" }) } },
      { at: 50, servers: { a: says(403, { "Retry-After": "5" }) } },
    ],
    seconds: 200,
    events: [
      "0 REGISTER a",
      `0.03 ${forbidden}; next attempt in 100 s`,
      "100.03 REGISTER a",
      `100.06 ${forbidden}; next attempt in 60 s`,
      "160.06 REGISTER a",
      `160.09 ${forbidden}; next attempt in 120 s`,
    ],
  },
  {
    what: "423: retried with Min-Expires; without it, or with one of months, treated as a rejection",
    changes: [
      { at: 0, dns: "a", servers: { a: says(423, { "Min-Expires": "1800" }) } },
      { at: 2, servers: { a: says(423, { "Min-Expires": "9999999" }) } },
      { at: 10, servers: { a: says(423) } },
    ],
    seconds: 60,
    events: [
      "0 REGISTER a",
      "0.03 423 Interval Too Brief: asking for 1800 s",
      "4.03 REGISTER a",
      "4.06 423 Interval Too Brief (at least 9999999 s); next attempt in 30 s",
      "34.06 REGISTER a",
      "34.09 423 Interval Too Brief; next attempt in 60 s",
    ],
  },
  {
    what: "the server begins to refuse connections: the next one at the flow check",
    changes: [
      { at: 0, dns: "a b", servers: { a: up, b: up } },
      { at: 100, servers: { a: refused } },
    ],
    seconds: 200,
    events: [
      "0 REGISTER a",
      "0.03 registered a",
      "120.15 the registrar does not answer (503)",
      "120.15 REGISTER b",
      "120.18 registered b",
    ],
  },
  {
    what: "the server stops responding: the next one after drachtio's 408s",
    changes: [
      { at: 0, dns: "a b", servers: { a: up, b: up } },
      { at: 100, servers: { a: silent } },
    ],
    seconds: 250,
    events: [
      "0 REGISTER a",
      "0.03 registered a",
      "152.12 the registrar does not answer (408)",
      "152.12 REGISTER a",
      "184.12 the registrar does not answer (408)",
      "184.12 REGISTER b",
      "184.15 registered b",
    ],
  },
  {
    what: "503 to the refresh: the next server, and the first again when that one fails",
    changes: [
      { at: 0, dns: "a b", servers: { a: up, b: up } },
      { at: 400, servers: { a: says(503) } },
      { at: 500, servers: { a: up, b: refused } },
    ],
    seconds: 600,
    events: [
      "0 REGISTER a",
      "0.03 registered a",
      "450 REGISTER a",
      "450.03 503 Service Unavailable",
      "454 REGISTER b",
      "454.03 registered b",
      "514.09 the registrar does not answer (503)",
      "514.09 REGISTER a",
      "514.12 registered a",
    ],
  },
  {
    what: "all servers fail and one returns: registers at that one",
    changes: [
      { at: 0, dns: "a b", servers: { a: up, b: up } },
      { at: 100, servers: { a: refused, b: refused } },
      { at: 150, servers: { b: up } },
    ],
    seconds: 250,
    events: [
      "0 REGISTER a",
      "0.03 registered a",
      "120.15 the registrar does not answer (503)",
      "120.15 b:5061 refuses connections",
      "124.15 b:5061 refuses connections",
      "132.15 b:5061 refuses connections",
      "148.15 b:5061 refuses connections",
      "180.15 REGISTER b",
      "180.18 registered b",
    ],
  },
  {
    what: "DNS names another server and the old one fails: registers at the new one",
    changes: [
      { at: 0, dns: "a", servers: { a: up, b: up } },
      { at: 100, dns: "b", servers: { a: refused } },
    ],
    seconds: 300,
    events: [
      "0 REGISTER a",
      "0.03 registered a",
      "120.15 the registrar does not answer (503)",
      "120.15 REGISTER b",
      "120.18 registered b",
    ],
  },
  {
    what: "DNS names another server and the old one responds: binding and refreshes stay there",
    changes: [
      { at: 0, dns: "a", servers: { a: up, b: up } },
      { at: 50, dns: "b" },
    ],
    seconds: 1_000,
    events: [
      "0 REGISTER a",
      "0.03 registered a",
      "450 REGISTER a",
      "450.03 registered a",
      "900 REGISTER a",
      "900.03 registered a",
    ],
  },
  {
    what: "DNS rotates addresses: followed only when the binding's server fails",
    changes: [
      { at: 0, dns: "a", servers: { a: up, b: up, c: up } },
      { at: 50, dns: "b" },
      { at: 110, dns: "c" },
      { at: 170, dns: "a" },
      { at: 230, dns: "b" },
      { at: 250, servers: { a: refused } },
    ],
    seconds: 600,
    events: [
      "0 REGISTER a",
      "0.03 registered a",
      "270.3 the registrar does not answer (503)",
      "270.3 REGISTER b",
      "270.33 registered b",
    ],
  },
  {
    what: "DNS rotates addresses and the refresh gets 503: DNS is followed",
    changes: [
      { at: 0, dns: "a", servers: { a: up, b: up } },
      { at: 50, dns: "b" },
      { at: 400, servers: { a: says(503) } },
    ],
    seconds: 600,
    events: [
      "0 REGISTER a",
      "0.03 registered a",
      "450 REGISTER a",
      "450.03 503 Service Unavailable",
      "454 REGISTER b",
      "454.03 registered b",
    ],
  },
  {
    what: "SRV lookups fail after the registration: the last known servers are used",
    changes: [
      { at: 0, dns: "a b", servers: { a: up, b: up } },
      { at: 50, dns: "?" },
      { at: 100, servers: { a: refused } },
    ],
    seconds: 300,
    events: [
      "0 REGISTER a",
      "0.03 registered a",
      "120.15 the registrar does not answer (503)",
      "120.15 REGISTER b",
      "120.18 registered b",
    ],
  },
  {
    what: "SRV lookups fail at the start: nothing is sent, and each attempt repeats the lookup",
    changes: [
      { at: 0, dns: "?", servers: { a: up } },
      { at: 10, dns: "a" },
    ],
    seconds: 60,
    events: [
      "0 the registrar's SRV record can't be resolved now (ESERVFAIL)",
      "4 the registrar's SRV record can't be resolved now (ESERVFAIL)",
      "12 REGISTER a",
      "12.03 registered a",
    ],
  },
  {
    what: 'SRV target "." (not offered): nothing is sent until DNS names a server',
    changes: [
      { at: 0, dns: ".", servers: { a: up } },
      { at: 10, dns: "a" },
    ],
    seconds: 60,
    events: [`0 ${notOffered}`, `4 ${notOffered}`, "12 REGISTER a", "12.03 registered a"],
  },
  {
    what: 'SRV target "." after the registration: the binding stays while its server responds',
    changes: [
      { at: 0, dns: "a", servers: { a: up } },
      { at: 50, dns: "." },
      { at: 100, servers: { a: refused } },
    ],
    seconds: 130,
    events: [
      "0 REGISTER a",
      "0.03 registered a",
      "120.15 the registrar does not answer (503)",
      `120.15 ${notOffered}`,
      `124.15 ${notOffered}`,
    ],
  },
  {
    what: "DNS adds a server during the Retry-After of the only one: the new one gets a REGISTER after the next lookup",
    changes: [
      { at: 0, dns: "a", servers: { a: says(503, { "Retry-After": "250" }), b: up } },
      { at: 70, dns: "a b" },
    ],
    seconds: 200,
    events: ["0 REGISTER a", "0.03 503 Service Unavailable; paused for 250 s", "120 REGISTER b", "120.03 registered b"],
  },
  {
    what: "a short expiry: refreshed in time; shorter than a response takes: a failure",
    changes: [
      { at: 0, dns: "a b", servers: { a: grants(8), b: grants(3) } },
      { at: 10, servers: { a: refused } },
      { at: 30, servers: { b: grants(20, 5_000) } },
    ],
    seconds: 65,
    events: [
      "0 REGISTER a",
      "0.03 registered a",
      "6 REGISTER a",
      "6.03 registered a",
      "12.03 REGISTER b",
      "12.06 the registrar granted 3 s, too short to stay registered (its response took 1 s)",
      "16.06 REGISTER b",
      "16.09 the registrar granted 3 s, too short to stay registered (its response took 1 s)",
      "24.09 REGISTER b",
      "24.12 the registrar granted 3 s, too short to stay registered (its response took 1 s)",
      "40.12 REGISTER b",
      "45.12 registered b",
      "50.12 REGISTER b",
      "55.12 registered b",
      "60.12 REGISTER b",
    ],
  },
  {
    what: "a response that takes longer than the granted expiry: not registered",
    changes: [{ at: 0, dns: "a", servers: { a: grants(10, 12_000) } }],
    seconds: 30,
    events: [
      "0 REGISTER a",
      "12 the registrar granted 10 s, too short to stay registered (its response took 12 s)",
      "16 REGISTER a",
      "28 the registrar granted 10 s, too short to stay registered (its response took 12 s)",
    ],
  },
  {
    what: "no response to the refresh: registered only until the expiry",
    changes: [
      { at: 0, dns: "a b", servers: { a: grants(60), b: up } },
      { at: 40, servers: { a: silent } },
    ],
    seconds: 100,
    events: [
      "0 REGISTER a",
      "0.03 registered a",
      "45 REGISTER a",
      "60 the registration expired: the registrar did not renew it in time",
      "77 the registrar does not answer (408)",
      "77 REGISTER b",
      "77.03 registered b",
    ],
  },
];

for (const { what, changes, seconds, events } of rows) {
  await t.test(what, async (t) => {
    const registrar = new RegistrarServers();
    t.strictSame(await registrar.play(changes, seconds), events);
    await registrar.close();
    t.equal(registrar.clock.pending, 0, "no timer is left");
    t.strictSame(registrar.violations, []);
  });
}

await t.test(
  "random server behaviour: only own servers, no REGISTER too early or too often, registered soon after one can",
  async (t) => {
    const states: readonly [ServerState, ...ServerState[]] = [
      up,
      up,
      refused,
      silent,
      says(503),
      says(503, { "Retry-After": "40" }),
      says(500, { "Retry-After": "999" }),
      says(302, { Contact: `<sip:${addressOf("i")}:5061>` }),
      says(302, { Contact: `<sip:${addressOf("b")}:5061>` }),
      says(403),
      says(423, { "Min-Expires": "900" }),
      grants(3),
      grants(10, 20_000),
      grants(20, 5_000),
    ];
    for (let seed = 1; seed <= 40; seed += 1) {
      const random = seeded(seed);
      const changes: Change[] = [
        {
          at: 0,
          dns: "a b c",
          servers: { a: random.pick(states), b: random.pick(states), c: random.pick(states), i: up },
        },
      ];
      for (let at = 1 + random.below(100); at < 2_000; at += 1 + random.below(200)) {
        changes.push({
          at,
          servers: { [random.pick(["a", "b", "c", "d"])]: random.pick(states) },
          ...(random.below(5) === 0 && { dns: random.pick(["a", "a b", "b c d", "c a", "d"]) }),
        });
      }
      changes.push({ at: 2_300, dns: "b c", servers: { b: up, c: up } });
      const registrar = new RegistrarServers();
      await registrar.play(changes, 2_300);
      const { length } = registrar.requests.registers;
      t.ok(length < 250, `seed ${seed}: ${length} REGISTERs`);
      // The pause after a rejection is ten minutes; an old binding is kept while its flow responds.
      await registrar.clock.advance(700_000);
      t.equal(
        registrar.line.registrationState?.kind,
        "registered",
        `seed ${seed}: ${registrar.events.slice(-5).join(" | ")}`,
      );
      t.strictSame(registrar.violations, [], `seed ${seed}`);
      await registrar.close();
      t.equal(registrar.clock.pending, 0, `seed ${seed}: no timer is left`);
    }
  },
);

await t.test("a reload by the operator ends the pause after a rejection", async (t) => {
  const registrar = new RegistrarServers();
  await registrar.play(
    [
      { at: 0, dns: "a", servers: { a: says(403) } },
      { at: 500, servers: { a: up } },
    ],
    600,
  );
  t.match(registrar.line.fault, /^403 Forbidden/);
  registrar.line.signallingIsUp([{ transport: "tls", host: "10.0.0.1", port: 5061 }]);
  await registrar.clock.advance(1_000);
  t.match(
    registrar.line.fault,
    /^403 Forbidden: .* next attempt in 480 s/,
    "a drachtio that restarts does not make it ask",
  );
  registrar.line.retryNow();
  await registrar.clock.advance(1_000);
  t.equal(registrar.line.fault, undefined);
  const { length } = registrar.requests.registers;
  registrar.line.retryNow();
  await registrar.clock.advance(10_000);
  t.equal(registrar.requests.registers.length, length, "one that is registered is left alone");
  await registrar.close();
});
