import t, { type Test } from "tap";

import type { TrunkConfig } from "../../src/config/config.js";
import type { ListenAddress } from "../../src/trunk/families.js";
import type { RegistrationState } from "../../src/trunk/registration-state.js";
import { Trunk } from "../../src/trunk/trunk.js";
import { TrunkPool } from "../../src/trunk/trunk-pool.js";
import { success } from "../../src/util/result.js";
import { FakeClock } from "../support/fake-clock.js";
import { answered, FakeRequests } from "../support/fake-requests.js";
import { FakeResolver } from "../support/fake-resolver.js";
import { trunkConfig as config } from "../support/trunk-config.js";

const listening = [
  { transport: "udp", host: "10.0.0.1", port: 5060 },
  { transport: "tls", host: "10.0.0.1", port: 5061 },
] as const;

function bench(
  changes: Partial<TrunkConfig> = {},
  resolver = new FakeResolver({ "secure.sip.easybell.de": ["192.0.2.1"] }),
): { line: Trunk; clock: FakeClock; requests: FakeRequests; states: RegistrationState[] } {
  const clock = new FakeClock();
  const requests = new FakeRequests(clock, () => answered(200, { Expires: "600" }));
  const states: RegistrationState[] = [];
  const line = new Trunk(
    { ...config, ...changes },
    {
      requests,
      clock,
      resolver,
      makeVerifier: () => async () => await Promise.resolve(success(undefined)),
      onState: (state) => {
        states.push(state);
      },
      onRenewal: () => undefined,
      onNameFault: () => undefined,
    },
  );
  return { line, clock, requests, states };
}

await t.test("registers with drachtio's listen address when it connects, and again when it reconnects", async (t) => {
  const { line, clock, requests } = bench();
  await line.open();
  t.ok(line.allows("192.0.2.1"));
  t.equal(line.fault, "not registered");
  await clock.advance(10_000);
  t.equal(requests.sent.length, 0);

  line.signallingIsUp(listening);
  await clock.advance(100);
  t.match(requests.sent[0]?.headers["Contact"], /@10\.0\.0\.1:5061;transport=tls>/);
  t.equal(line.fault, undefined);

  await clock.advance(10_000);
  line.signallingIsUp(listening);
  t.type(line.fault, "string");
  await clock.advance(100);
  t.equal(requests.registers.length, 2);
  t.equal(line.fault, undefined);

  const closing = line.close();
  await clock.advance(100);
  await closing;
  t.equal(clock.pending, 0);
});

await t.test("the configured public address is used in the Contact", async (t) => {
  const { line, clock, requests } = bench({
    registration: { ...config.registration, contact: { host: "203.0.113.5", port: 15_061 } },
  });
  line.signallingIsUp(listening);
  await clock.advance(100);
  t.match(requests.sent[0]?.headers["Contact"], /@203\.0\.113\.5:15061;/);
  const closing = line.close();
  await clock.advance(100);
  await closing;
});

await t.test("drachtio does not listen on the trunk's transport: reported, and registered when it does", async (t) => {
  const { line, clock, requests, states } = bench();
  line.signallingIsUp(listening.slice(0, 1));
  await clock.advance(100);
  t.match(states, [{ kind: "not-registered", why: /no tls address/ }]);
  t.equal(requests.sent.length, 0);
  line.signallingIsUp(listening);
  await clock.advance(100);
  t.equal(line.fault, undefined);
  const closing = line.close();
  await clock.advance(100);
  await closing;
});

await t.test("a trunk with a fixed address needs no registration", async (t) => {
  const { line, clock, requests } = bench({ registration: undefined });
  line.signallingIsUp(listening);
  await clock.advance(100_000);
  t.equal(line.fault, undefined);
  t.equal(requests.sent.length, 0);
  await line.close();
});

await t.test("a registrar that lists only Contacts of others: registered, with a warning", async (t) => {
  const { line, clock, requests } = bench();
  for (const [contact, warnings] of [
    [
      "<sip:other@192.0.2.9>;expires=600",
      ["registered, but the registrar lists only Contacts of others: check that calls arrive"],
    ],
    ["<sip:004930123456@10.0.0.1:5061>;expires=600", []],
  ] as const) {
    requests.registrar = () => answered(200, { Contact: contact });
    line.signallingIsUp(listening);
    await clock.advance(10_000);
    t.equal(line.fault, undefined);
    t.strictSame(line.warnings, warnings);
  }
  const closing = line.close();
  await clock.advance(100);
  await closing;
});

await t.test("after close a reconnected drachtio starts no registration", async (t) => {
  const { line, clock, requests } = bench();
  await line.open();
  await line.close();
  line.signallingIsUp(listening);
  await clock.advance(100_000);
  t.equal(requests.sent.length, 0);
  t.equal(clock.pending, 0);
});

await t.test("only requests from the trunk's sources over its transport count as received", async (t) => {
  const { line } = bench();
  const lines = new TrunkPool([config], () => line);
  await lines.open();
  const from = (address: string, transport: "udp" | "tls"): boolean =>
    lines.heardFrom({ address, port: 5061, transport });
  t.equal(from("198.51.100.7", "tls"), false, "a stranger");
  t.equal(from("192.0.2.1", "udp"), false, "a forged source: the trunk's requests come over TLS");
  t.equal(line.heardAt, undefined);
  t.equal(from("192.0.2.1", "tls"), true);
  t.type(line.heardAt, "number");
  await lines.close();
});

/** The destination and Contact of each REGISTER. */
function ways(requests: FakeRequests): readonly string[] {
  return requests.registers.map(
    ({ nextHop, headers }) => `${nextHop} ${/@([^;>]+)/.exec(headers["Contact"] ?? "")?.[1] ?? ""}`,
  );
}

const dualStack = [...listening, { transport: "tls", host: "[2001:db8::a]", port: 5061 }] as const;

async function registeredWays(
  t: Test,
  addresses: readonly ListenAddress[],
  names: readonly string[],
  contact?: { readonly host: string; readonly port: number },
): Promise<readonly string[]> {
  const { line, clock, requests } = bench(
    { registration: { ...config.registration, contact } },
    new FakeResolver({ "secure.sip.easybell.de": names }),
  );
  await line.open();
  line.signallingIsUp(addresses);
  await clock.advance(100);
  t.equal(line.fault, undefined);
  const sent = ways(requests);
  const closing = line.close();
  await clock.advance(100);
  await closing;
  return sent;
}

await t.test(
  "targets of a family that drachtio does not listen on are skipped; the Contact has the target's family",
  async (t) => {
    const [v4, v6] = ["sip:192.0.2.1:5061;transport=tls", "sip:[2001:db8::1]:5061;transport=tls"];
    const name = ["2001:db8::1", "192.0.2.1"];
    t.strictSame(await registeredWays(t, listening, name), [`${v4} 10.0.0.1:5061`], "IPv4 only");
    t.strictSame(await registeredWays(t, dualStack.slice(2), name), [`${v6} [2001:db8::a]:5061`], "IPv6 only");
    t.strictSame(await registeredWays(t, dualStack, name), [`${v4} 10.0.0.1:5061`], "both: IPv4 first");
    t.strictSame(
      await registeredWays(t, dualStack, ["2001:db8::1"]),
      [`${v6} [2001:db8::a]:5061`],
      "both, and a registrar with IPv6 only",
    );
    t.strictSame(
      await registeredWays(t, dualStack, ["2001:db8::1"], { host: "203.0.113.5", port: 5061 }),
      [`${v6} [2001:db8::a]:5061`],
      "a public address of the other family is not used",
    );
    t.strictSame(
      await registeredWays(t, dualStack, ["2001:db8::1"], { host: "tel.example.net", port: 5061 }),
      [`${v6} tel.example.net:5061`],
      "a name fits both",
    );
    t.strictSame(
      await registeredWays(t, [{ transport: "tls", host: "127.0.0.1", port: 5071 }, ...dualStack.slice(2)], name),
      [`${v6} [2001:db8::a]:5061`],
      "a loopback contact is for the media server",
    );
  },
);

await t.test(
  "only targets of the other family: reported, and registered as soon as DNS or drachtio changes",
  async (t) => {
    for (const change of ["DNS", "drachtio"] as const) {
      const resolver = new FakeResolver({ "secure.sip.easybell.de": ["2001:db8::1"] });
      const { line, clock, requests } = bench({}, resolver);
      await line.open();
      line.signallingIsUp(listening);
      await clock.advance(100);
      t.match(line.fault, /^the registrar has only IPv6 addresses, and drachtio listens only on IPv4 with tls/);
      t.equal(requests.sent.length, 0);
      if (change === "DNS") resolver.names.set("secure.sip.easybell.de", ["192.0.2.1"]);
      else line.signallingIsUp(dualStack);
      await clock.advance(121_000);
      t.equal(line.fault, undefined, change);
      const closing = line.close();
      await clock.advance(100);
      await closing;
    }
  },
);

await t.test("a rotating name: a binding with a responding flow is kept; otherwise DNS is followed", async (t) => {
  const resolver = new FakeResolver({ "secure.sip.easybell.de": ["192.0.2.1"] });
  const { line, clock, requests, states } = bench({}, resolver);
  await line.open();
  line.signallingIsUp(listening);
  for (let minute = 0; minute < 180; minute += 1) {
    resolver.names.set("secure.sip.easybell.de", [`192.0.2.${100 + (minute % 100)}`]);
    await clock.advance(60_000);
  }
  t.ok(requests.registers.length > 20, "renewed as ever");
  t.strictSame(
    [...new Set(requests.sent.map(({ nextHop }) => nextHop))],
    ["sip:192.0.2.1:5061;transport=tls"],
    "at the same address for three hours",
  );
  t.strictSame(
    states.filter(({ kind }) => kind !== "registered"),
    [],
  );
  t.ok(line.allows("192.0.2.1"), "whose calls come in, although DNS does not name it any more");
  t.notOk(line.allows("192.0.2.100"), "unlike those that were seen too long ago");

  // After the refresh at three hours.
  await clock.advance(10_000);
  requests.registrar = ({ nextHop }) =>
    nextHop.includes("192.0.2.1:") ? answered(408) : answered(200, { Expires: "600" });
  const before = requests.registers.length;
  await clock.advance(30_100);
  t.strictSame(
    requests.registers.slice(before).map(({ nextHop }) => nextHop),
    ["sip:192.0.2.179:5061;transport=tls"],
    "the address that DNS names now, without a detour",
  );
  t.equal(line.fault, undefined);
  t.ok(line.allows("192.0.2.1"), "which may still send calls for as long as it has granted");
  const closing = line.close();
  await clock.advance(100);
  await closing;
});

await t.test("the registrar moves and the old address does not respond: DNS is followed immediately", async (t) => {
  const resolver = new FakeResolver({ "secure.sip.easybell.de": ["192.0.2.1"] });
  const { line, clock, requests } = bench({}, resolver);
  requests.registrar = ({ nextHop }) =>
    nextHop.includes("192.0.2.1:") ? answered(408) : answered(200, { Expires: "600" });
  await line.open();
  line.signallingIsUp(listening);
  await clock.advance(170_000);
  t.type(line.fault, "string");
  resolver.names.set("secure.sip.easybell.de", ["192.0.2.2"]);
  await clock.advance(10_100);
  t.equal(line.fault, undefined, "within the next look-up");
  const closing = line.close();
  await clock.advance(100);
  await closing;
});
