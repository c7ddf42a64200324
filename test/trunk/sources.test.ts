import t from "tap";

import type { Resolver } from "../../src/trunk/resolver.js";
import { Sources } from "../../src/trunk/sources.js";
import { success } from "../../src/util/result.js";
import { FakeClock, settle } from "../support/fake-clock.js";
import { FakeResolver, type Zone } from "../support/fake-resolver.js";

interface Bench {
  readonly clock: FakeClock;
  readonly sources: Sources;
  readonly resolver: FakeResolver;
  readonly faults: string[];
}

function bench(sources: readonly string[], zone: Readonly<Record<string, Zone>> = {}): Bench {
  const clock = new FakeClock();
  const resolver = new FakeResolver(zone);
  const faults: string[] = [];
  const all = new Sources(sources, resolver, clock, (host, why) => {
    faults.push(`${host}: ${why}`);
  });
  return { clock, sources: all, resolver, faults };
}

await t.test("addresses and networks", async (t) => {
  const { sources, clock } = bench(["192.0.2.1", "198.51.100.0/24", "2001:db8::/32", "2001:db9::5"]);
  await sources.open();
  t.equal(clock.pending, 0, "nothing to follow");
  const rows: readonly (readonly [address: string, isAllowed: boolean])[] = [
    ["192.0.2.1", true],
    ["192.0.2.2", false],
    ["192.0.2.10", false],
    ["198.51.100.0", true],
    ["198.51.100.255", true],
    ["198.51.101.0", false],
    ["2001:db8:ffff::1", true],
    ["2001:DB8::1", true],
    ["[2001:db8::1]", true],
    ["2001:db9::5", true],
    ["2001:db9:0:0:0:0:0:5", true],
    ["2001:db9::6", false],
    ["::ffff:192.0.2.1", true],
    ["::FFFF:192.0.2.1", true],
    ["::ffff:c000:201", true],
    ["::ffff:192.0.2.2", false],
    ["::192.0.2.1", false],
    ["192.0.2.1%eth0", false],
    ["fe80::1%eth0", false],
    ["192.0.2.01", false],
    ["192.0.2.1:5060", false],
    ["3221225985", false],
    ["0xc0000201", false],
    ["localhost", false],
    ["", false],
    ["unknown", false],
    [" 192.0.2.1", false],
  ];
  for (const [address, isAllowed] of rows) t.equal(sources.allows(address), isAllowed, `<${address}>`);
});

await t.test(
  "a moved name is followed, its addresses of the last hour are allowed, and the last known ones while lookups fail",
  async (t) => {
    const { sources, clock, resolver, faults } = bench(["sip.example"], {
      "sip.example": ["192.0.2.1", "2001:db8::1"],
    });
    const { names } = resolver;
    t.notOk(sources.allows("192.0.2.1"), "not before it is open");
    await sources.open();
    t.ok(sources.allows("192.0.2.1"));
    t.ok(sources.allows("::ffff:192.0.2.1"));
    t.ok(sources.allows("2001:DB8:0::1"), "however the address is written");

    names.set("sip.example", ["192.0.2.9"]);
    await clock.advance(60_000);
    t.ok(sources.allows("192.0.2.9"));
    t.ok(sources.allows("192.0.2.1"), "calls that come from the address of a minute ago");
    await clock.advance(3_539_999);
    t.ok(sources.allows("192.0.2.1"), "just within an hour");
    await clock.advance(1);
    t.notOk(sources.allows("192.0.2.1"), "an hour after DNS gave it for the last time");
    t.notOk(sources.allows("2001:db8::1"));

    for (const fault of ["none", "failed"] as const) {
      names.set("sip.example", fault);
      faults.length = 0;
      await clock.advance(7_200_000);
      t.ok(sources.allows("192.0.2.9"), `for two hours: ${fault}`);
      t.equal(faults.length, 120);
      t.equal(
        faults[0],
        fault === "none"
          ? "sip.example: does not resolve (ENOTFOUND)"
          : "sip.example: can't be resolved now (ESERVFAIL)",
      );
    }

    names.set("sip.example", ["192.0.2.10"]);
    await clock.advance(60_000);
    t.ok(sources.allows("192.0.2.10"));
    await clock.advance(3_600_000);
    t.notOk(sources.allows("192.0.2.9"));

    sources.close();
    t.equal(clock.pending, 0);
    const before = resolver.asked.length;
    await clock.advance(600_000);
    t.equal(resolver.asked.length, before);
  },
);

await t.test("a failed family keeps its addresses; the failure of a family without addresses is ignored", async (t) => {
  const { sources, clock, resolver, faults } = bench(["sip.example"], { "sip.example": ["192.0.2.1", "2001:db8::1"] });
  await sources.open();
  resolver.failing.set("sip.example", 6);
  resolver.names.set("sip.example", ["192.0.2.2"]);
  await clock.advance(7_200_000);
  t.ok(sources.allows("2001:db8::1"), "DNS has not said that it is gone");
  t.ok(sources.allows("192.0.2.2"));
  t.notOk(sources.allows("192.0.2.1"));
  t.match(faults[0], /can't be resolved now/);
  sources.close();

  const never = bench(["sip.example"], { "sip.example": ["192.0.2.1"] });
  never.resolver.failing.set("sip.example", 6);
  await never.sources.open();
  t.ok(never.sources.allows("192.0.2.1"));
  t.strictSame(never.faults, [], "a DNS server that fails for AAAA does so each minute");
  never.sources.close();
});

await t.test("a rotating name: all addresses seen within the hour are allowed, at most 64", async (t) => {
  const { sources, clock, resolver } = bench(["sip.example"]);
  resolver.ttlMs = 5_000;
  const pool = Array.from({ length: 100 }, (_each, index) => `192.0.2.${index + 1}`);
  resolver.names.set("sip.example", [pool[0] ?? ""]);
  await sources.open();
  for (const address of pool.slice(1)) {
    resolver.names.set("sip.example", [address]);
    await clock.advance(10_000);
  }
  t.equal(resolver.asked.length, 100, "asked each 10 s, although the answer holds for 5 s only");
  t.strictSame(
    pool.filter((address) => sources.allows(address)),
    pool.slice(36),
    "the last 64",
  );
  sources.close();
});

await t.test("one unresolvable name does not affect the others", async (t) => {
  const { sources, faults } = bench(["gone.example", "sip.example", "203.0.113.0/24"], {
    "sip.example": ["192.0.2.1"],
  });
  await sources.open();
  t.ok(sources.allows("192.0.2.1"));
  t.ok(sources.allows("203.0.113.7"));
  t.equal(faults.length, 1);
  sources.close();
});

await t.test("malformed resolver results allow no source and throw nothing", async (t) => {
  const { sources } = bench(["sip.example"], { "sip.example": ["", "not an address", "192.0.2.0/24", "192.0.2.1"] });
  await sources.open();
  t.ok(sources.allows("192.0.2.1"));
  t.notOk(sources.allows("192.0.2.2"));
  t.notOk(sources.allows("not an address"));
  t.notOk(sources.allows(""));
  sources.close();
});

await t.test("close during a lookup stops all further lookups", async (t) => {
  const clock = new FakeClock();
  const lookups: ((answer: Awaited<ReturnType<Resolver["addresses"]>>) => void)[] = [];
  const resolver = new FakeResolver();
  resolver.addresses = async () =>
    await new Promise((resolve) => {
      lookups.push(resolve);
    });
  const sources = new Sources(["sip.example"], resolver, clock, () => undefined);
  const opening = sources.open();
  await settle();
  sources.close();
  t.equal(lookups.length, 2);
  for (const answer of lookups) answer(success({ addresses: ["192.0.2.1"], ttlMs: undefined }));
  await opening;
  t.equal(clock.pending, 0);
});
