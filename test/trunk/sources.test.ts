import t from "tap";
import { Sources } from "../../src/trunk/sources.js";
import { FakeClock, settle } from "../support/fake-clock.js";

interface Bench {
  readonly clock: FakeClock;
  readonly sources: Sources;
  /** What each name resolves to; a name that is not here can't be resolved. */
  readonly zone: Map<string, readonly string[]>;
  readonly asked: string[];
  readonly faults: string[];
}

function bench(sources: readonly string[], zone: Readonly<Record<string, readonly string[]>> = {}): Bench {
  const clock = new FakeClock();
  const names = new Map(Object.entries(zone));
  const asked: string[] = [];
  const faults: string[] = [];
  const resolve = async (host: string): Promise<readonly string[]> => {
    asked.push(host);
    const addresses = names.get(host);
    return addresses === undefined ? await Promise.reject(new Error(`ENOTFOUND ${host}`)) : await Promise.resolve(addresses);
  };
  const all = new Sources(sources, resolve, clock, (host, why) => {
    faults.push(`${host}: ${why}`);
  });
  return { clock, sources: all, zone: names, asked, faults };
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

await t.test("a name is followed when it moves, and its last known addresses count while it can't be resolved", async (t) => {
  const { sources, clock, zone, asked, faults } = bench(["sip.example"], { "sip.example": ["192.0.2.1", "2001:db8::1"] });
  t.notOk(sources.allows("192.0.2.1"), "not before it is open");
  await sources.open();
  t.ok(sources.allows("192.0.2.1"));
  t.ok(sources.allows("::ffff:192.0.2.1"));
  t.ok(sources.allows("2001:DB8:0::1"), "however the address is written");

  zone.set("sip.example", ["192.0.2.9"]);
  await clock.advance(60_000);
  t.ok(sources.allows("192.0.2.9"));
  t.notOk(sources.allows("192.0.2.1"));

  zone.delete("sip.example");
  await clock.advance(600_000);
  t.ok(sources.allows("192.0.2.9"));
  t.equal(faults.length, 10);
  t.equal(faults[0], "sip.example: ENOTFOUND sip.example");

  zone.set("sip.example", ["192.0.2.10"]);
  await clock.advance(60_000);
  t.ok(sources.allows("192.0.2.10"));
  t.notOk(sources.allows("192.0.2.9"));

  sources.close();
  t.equal(clock.pending, 0);
  const before = asked.length;
  await clock.advance(600_000);
  t.equal(asked.length, before);
});

await t.test("one name that can't be resolved does not keep the others out", async (t) => {
  const { sources, faults } = bench(["gone.example", "sip.example", "203.0.113.0/24"], { "sip.example": ["192.0.2.1"] });
  await sources.open();
  t.ok(sources.allows("192.0.2.1"));
  t.ok(sources.allows("203.0.113.7"));
  t.equal(faults.length, 1);
  sources.close();
});

await t.test("a resolver that gives nonsense lets nobody in and throws nothing", async (t) => {
  const { sources } = bench(["sip.example"], { "sip.example": ["", "not an address", "192.0.2.0/24", "192.0.2.1"] });
  await sources.open();
  t.ok(sources.allows("192.0.2.1"));
  t.notOk(sources.allows("192.0.2.2"));
  t.notOk(sources.allows("not an address"));
  t.notOk(sources.allows(""));
  sources.close();
});

await t.test("closed while a name is being resolved: nothing goes on", async (t) => {
  const clock = new FakeClock();
  let settleLookup: (addresses: readonly string[]) => void = () => undefined;
  const sources = new Sources(["sip.example"], async () => await new Promise((resolve) => {
    settleLookup = resolve;
  }), clock, () => undefined);
  const opening = sources.open();
  await settle();
  sources.close();
  settleLookup(["192.0.2.1"]);
  await opening;
  t.equal(clock.pending, 0);
});
