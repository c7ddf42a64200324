import t from "tap";

import { RegistrarHost, type RegistrarName } from "../../src/trunk/registrar-host.js";
import type { ServiceRecord } from "../../src/trunk/resolver.js";
import { FakeClock } from "../support/fake-clock.js";
import { FakeResolver, type Zone } from "../support/fake-resolver.js";

interface Bench {
  readonly clock: FakeClock;
  readonly resolver: FakeResolver;
  readonly host: RegistrarHost;
  readonly faults: string[];
  /** `address port`, in order of preference. */
  readonly targets: () => Promise<readonly string[]>;
}

const services = "_sips._tcp.trunk.example";

function bench(zone: Readonly<Record<string, Zone>>, name: Partial<RegistrarName> = {}): Bench {
  const clock = new FakeClock();
  const resolver = new FakeResolver(zone);
  const faults: string[] = [];
  const host = new RegistrarHost(
    { host: "trunk.example", port: 5061, transport: "tls", srv: true, ...name },
    resolver,
    clock,
    {
      onFault: (of, why) => {
        faults.push(`${of}: ${why}`);
      },
      onChange: () => undefined,
    },
  );
  return {
    clock,
    resolver,
    host,
    faults,
    targets: async () => (await host.targets()).map(({ address, port }) => `${address} ${port}`),
  };
}

function record(name: string, changes: Partial<ServiceRecord> = {}): ServiceRecord {
  return { name, port: 5061, priority: 10, weight: 10, ...changes };
}

const both = { "a.example": ["192.0.2.1"], "b.example": ["192.0.2.2"] };
const ordered = [record("b.example", { priority: 20, port: 5071 }), record("a.example")];

await t.test("SRV records lead to their names' addresses, by priority", async (t) => {
  const { resolver, host, targets, faults } = bench(both);
  resolver.records.set(services, ordered);
  await host.open();
  t.strictSame(await targets(), ["192.0.2.1 5061", "192.0.2.2 5071"]);
  t.strictSame(faults, []);
  host.close();
});

await t.test("only NXDOMAIN and NODATA mean no SRV record: then the name itself is resolved", async (t) => {
  const { host, targets, faults } = bench({ "trunk.example": ["192.0.2.7"] });
  await host.open();
  t.strictSame(await targets(), ["192.0.2.7 5061"]);
  t.strictSame(faults, []);
  host.close();
});

await t.test(
  "a failed first SRV lookup: the name itself is not used, and the lookup is repeated when needed",
  async (t) => {
    const { resolver, host, targets, faults } = bench({ "trunk.example": ["192.0.2.7"], ...both });
    resolver.records.set(services, "failed");
    await host.open();
    t.strictSame(await targets(), [], "the web server of the domain gets no REGISTER");
    t.match(host.fault, { kind: "unresolved", why: "the registrar's SRV record can't be resolved now (ESERVFAIL)" });
    t.match(faults[0], /^trunk\.example: .*ESERVFAIL/);
    resolver.records.set(services, ordered);
    t.strictSame(await targets(), ["192.0.2.1 5061", "192.0.2.2 5071"]);
    host.close();
  },
);

await t.test("a later SRV failure: the last known records are used with current addresses", async (t) => {
  const { clock, resolver, host, targets, faults } = bench({ "trunk.example": ["192.0.2.7"], ...both });
  resolver.records.set(services, ordered);
  await host.open();
  resolver.records.set(services, "failed");
  resolver.names.set("a.example", ["192.0.2.11"]);
  await clock.advance(7_200_000);
  t.strictSame(await targets(), ["192.0.2.11 5061", "192.0.2.2 5071"]);
  t.equal(faults.length, 120, "said once a minute");
  resolver.records.delete(services);
  await clock.advance(60_000);
  t.strictSame(await targets(), ["192.0.2.7 5061"], "a definite response that the record was removed");
  resolver.records.set(services, "failed");
  await clock.advance(60_000);
  t.strictSame(await targets(), ["192.0.2.7 5061"], "and that is the last known state now");
  host.close();
});

await t.test("failed lookups or empty responses keep the last known targets", async (t) => {
  for (const fault of ["failed", "none"] as const) {
    const { clock, resolver, host, targets } = bench(both);
    resolver.records.set(services, ordered);
    await host.open();
    resolver.names.set("a.example", fault);
    resolver.names.set("b.example", fault);
    await clock.advance(600_000);
    t.strictSame(await targets(), ["192.0.2.1 5061", "192.0.2.2 5071"], fault);
    t.ok(host.allows("192.0.2.2"));
    host.close();
  }
});

await t.test("one unresolvable SRV target does not affect the others", async (t) => {
  for (const fault of ["failed", "none"] as const) {
    const { resolver, host, targets, faults } = bench({ "a.example": fault, "b.example": ["192.0.2.2"] });
    resolver.records.set(services, ordered);
    await host.open();
    t.strictSame(await targets(), ["192.0.2.2 5071"], fault);
    t.match(faults, [/^a\.example: the registrar's name/], "and it is named");
    t.equal(faults.length, 1);
    host.close();
  }
});

await t.test(
  'a SRV record with the target ".": the service is not offered, and nothing is sent to the name itself',
  async (t) => {
    const { clock, resolver, host, targets } = bench({ "trunk.example": ["192.0.2.7"], ...both });
    resolver.records.set(services, [record(".", { port: 0 })]);
    await host.open();
    t.strictSame(await targets(), []);
    t.match(host.fault, { kind: "not-offered", why: /does not offer SIP over tls/ });
    resolver.records.set(services, ordered);
    await clock.advance(60_000);
    t.equal((await targets()).length, 2, "offered from now on");
    resolver.records.set(services, [record(".", { port: 0 })]);
    await clock.advance(60_000);
    t.strictSame(await targets(), []);
    t.ok(host.allows("192.0.2.1"), "calls of the binding that there is still come in");
    host.close();
  },
);

await t.test("targets of families that drachtio does not listen on are skipped", async (t) => {
  const { resolver, host, targets } = bench({
    "a.example": ["2001:db8::1", "192.0.2.1"],
    "b.example": ["2001:db8::2"],
  });
  resolver.records.set(services, ordered);
  host.setListenFamilies([4]);
  await host.open();
  t.strictSame(await targets(), ["192.0.2.1 5061"]);
  host.setListenFamilies([6]);
  t.strictSame(await targets(), ["2001:db8::1 5061", "2001:db8::2 5071"]);
  host.setListenFamilies([4, 6]);
  t.strictSame(
    await targets(),
    ["192.0.2.1 5061", "2001:db8::1 5061", "2001:db8::2 5071"],
    "IPv4 first within one record",
  );
  t.ok(host.allows("2001:db8::1"));
  host.close();

  const other = bench({ "trunk.example": ["2001:db8::7"] }, { srv: false });
  other.host.setListenFamilies([4]);
  await other.host.open();
  t.strictSame(await other.targets(), []);
  t.strictSame(other.host.fault, {
    kind: "family",
    why: "the registrar has only IPv6 addresses, and drachtio listens only on IPv4 with tls",
  });
  other.host.close();
});

await t.test(
  "a rotating name: its addresses of the last hour are allowed, and a binding's address until it expires",
  async (t) => {
    const { clock, resolver, host, targets } = bench({ "trunk.example": ["192.0.2.1"] }, { srv: false });
    await host.open();
    host.granted({ address: "192.0.2.1", port: 5061 }, 7_200_000);
    resolver.names.set("trunk.example", ["192.0.2.2"]);
    await clock.advance(60_000);
    resolver.names.set("trunk.example", ["192.0.2.3"]);
    await clock.advance(60_000);
    t.strictSame(await targets(), ["192.0.2.3 5061"]);
    t.strictSame(
      ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"].map((address) => host.allows(address)),
      [true, true, true, false],
    );
    await clock.advance(3_600_000);
    t.strictSame(
      ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map((address) => host.allows(address)),
      [true, false, true],
    );
    await clock.advance(3_600_000);
    t.strictSame(
      ["192.0.2.1", "192.0.2.3"].map((address) => host.allows(address)),
      [false, true],
    );
    host.close();
  },
);

await t.test("refreshed at the TTL, at least every minute and at most every 10 s", async (t) => {
  for (const [ttlMs, everyMs] of [
    [undefined, 60_000],
    [3_600_000, 60_000],
    [30_000, 30_000],
    [1_000, 10_000],
    [0, 10_000],
  ] as const) {
    const { clock, resolver, host } = bench({ "trunk.example": ["192.0.2.1"] }, { srv: false });
    resolver.ttlMs = ttlMs;
    await host.open();
    await clock.advance(everyMs - 1);
    t.equal(resolver.asked.length, 1);
    await clock.advance(1);
    t.equal(resolver.asked.length, 2, `TTL ${ttlMs ?? "unknown"}`);
    host.close();
    t.equal(clock.pending, 0);
  }
});

await t.test("an IP address needs no DNS", async (t) => {
  const { clock, resolver, host, targets } = bench({}, { host: "2001:db8::1", srv: false });
  await host.open();
  t.strictSame(await targets(), ["2001:db8::1 5061"]);
  await clock.advance(7_200_000);
  t.ok(host.allows("2001:DB8:0::1"), "however it is written, at any time");
  t.strictSame(resolver.asked, []);
  t.equal(clock.pending, 0);
});
