import { join } from "node:path";

import t, { type Test } from "tap";

import { RegistrarHost } from "../../src/trunk/registrar-host.js";
import type { Resolver } from "../../src/trunk/resolver.js";
import { systemResolver } from "../../src/trunk/system-resolver.js";
import { systemClock } from "../../src/util/clock.js";
import { type DnsAnswer, DnsServer, type Question } from "../support/dns-server.js";
import { FakeClock } from "../support/fake-clock.js";

interface Bench {
  readonly dns: DnsServer;
  readonly resolver: Resolver;
  /** Queries to the system's other name sources. */
  readonly lookedUp: string[];
}

/** @param elsewhere addresses from the system's other name sources */
async function bench(
  t: Test,
  answer: (question: Question) => DnsAnswer,
  { hosts = "", elsewhere = [] }: { readonly hosts?: string; readonly elsewhere?: readonly string[] } = {},
): Promise<Bench> {
  const dns = await DnsServer.start(t, answer);
  const hostsFile = join(t.testdir({ hosts }), "hosts");
  const lookedUp: string[] = [];
  const resolver = systemResolver(systemClock, {
    servers: [dns.address],
    hostsFile,
    lookUp: async (host, family) => {
      lookedUp.push(`${host} ${family}`);
      return await (elsewhere.length > 0 ? Promise.resolve(elsewhere) : Promise.reject(new Error("ENOTFOUND")));
    },
  });
  return { dns, resolver, lookedUp };
}

await t.test("addresses of each family with their TTL, and SRV records", async (t) => {
  const { resolver } = await bench(t, ({ type }) => {
    if (type === "A") return { records: ["192.0.2.1", "192.0.2.2"], ttl: 30 };
    return type === "AAAA"
      ? { records: ["2001:db8::1"], ttl: 7 }
      : { records: ["10 5 5071 b.example", "5 0 5061 a.example"] };
  });
  t.strictSame(await resolver.addresses("trunk.example", 4), {
    ok: true,
    value: { addresses: ["192.0.2.1", "192.0.2.2"], ttlMs: 30_000 },
  });
  t.strictSame(await resolver.addresses("trunk.example", 6), {
    ok: true,
    value: { addresses: ["2001:db8::1"], ttlMs: 7_000 },
  });
  t.strictSame(await resolver.services("_sips._tcp.trunk.example"), {
    ok: true,
    value: [
      { name: "b.example", port: 5071, priority: 10, weight: 5 },
      { name: "a.example", port: 5061, priority: 5, weight: 0 },
    ],
  });
});

await t.test("definite and failed lookups are distinguished", async (t) => {
  let answer: DnsAnswer = "nxdomain";
  const { resolver } = await bench(t, () => answer);
  for (const [now, kind, code] of [
    ["nxdomain", "none", "ENOTFOUND"],
    ["nodata", "none", "ENODATA"],
    ["servfail", "failed", "ESERVFAIL"],
    ["refused", "failed", "EREFUSED"],
    ["garbage", "failed", undefined],
  ] as const) {
    answer = now;
    const found = [
      await resolver.services("_sips._tcp.trunk.example"),
      await resolver.addresses("trunk.example", 4),
      await resolver.addresses("trunk.example", 6),
    ];
    for (const each of found) t.match(each, { ok: false, failure: { kind, ...(code !== undefined && { code }) } }, now);
  }
});

await t.test("an unresponsive DNS server: failed within 8 s", async (t) => {
  const { resolver, dns } = await bench(t, () => "silence");
  const began = performance.now();
  const answers = await Promise.all([
    resolver.services("_sips._tcp.trunk.example"),
    resolver.addresses("trunk.example", 4),
    resolver.addresses("trunk.example", 6),
  ]);
  for (const answer of answers) t.strictSame(answer, { ok: false, failure: { kind: "failed", code: "ETIMEOUT" } });
  const took = performance.now() - began;
  t.ok(took > 2_000 && took < 12_000, `after ${Math.round(took)} ms`);
  t.ok(dns.asked.length > 3, "asked more than once");
});

await t.test("a truncated response is fetched over TCP", async (t) => {
  const records = Array.from({ length: 60 }, (_each, index) => `${index} 0 5061 server-${index}.trunk.example`);
  const { resolver, dns } = await bench(t, ({ transport }) => (transport === "udp" ? "truncated" : { records }));
  const answer = await resolver.services("_sips._tcp.trunk.example");
  t.equal(answer.ok && answer.value.length, 60);
  t.strictSame(
    dns.asked.map(({ transport }) => transport),
    ["udp", "tcp"],
  );
});

await t.test('the SRV target "." is recognised', async (t) => {
  const { resolver } = await bench(t, () => ({ records: ["0 0 0 ."] }));
  t.strictSame(await resolver.services("_sips._tcp.trunk.example"), {
    ok: true,
    value: [{ name: ".", port: 0, priority: 0, weight: 0 }],
  });
});

await t.test("/etc/hosts takes precedence over DNS for both families", async (t) => {
  const { resolver, dns } = await bench(t, () => ({ records: ["192.0.2.99"] }), {
    hosts:
      "# 192.0.2.66 trunk.example\n\n192.0.2.1\tsbc Trunk.Example # ours\n192.0.2.2 trunk.example.\nnonsense trunk.example\n2001:db8::5 six.example\n",
  });
  t.strictSame(await resolver.addresses("trunk.example", 4), {
    ok: true,
    value: { addresses: ["192.0.2.1", "192.0.2.2"], ttlMs: undefined },
  });
  t.match(
    await resolver.addresses("TRUNK.example", 6),
    { ok: false, failure: { kind: "none" } },
    "the operator has left that family out",
  );
  t.match(await resolver.addresses("six.example", 6), { ok: true, value: { addresses: ["2001:db8::5"] } });
  t.strictSame(dns.asked, []);
});

await t.test(
  "a name not in DNS is looked up in other sources; a failed lookup is not, because that blocks a thread",
  async (t) => {
    let answer: DnsAnswer = "nxdomain";
    const { resolver, lookedUp } = await bench(t, () => answer, { elsewhere: ["192.0.2.5"] });
    t.strictSame(await resolver.addresses("printer.local", 4), {
      ok: true,
      value: { addresses: ["192.0.2.5"], ttlMs: undefined },
    });
    for (const now of ["servfail", "nodata"] as const) {
      answer = now;
      t.equal((await resolver.addresses("trunk.example", 4)).ok, false, now);
    }
    t.strictSame(lookedUp, ["printer.local 4"]);
  },
);

await t.test("without a DNS server lookups fail", async (t) => {
  const { resolver, dns, lookedUp } = await bench(t, () => "silence");
  await dns.close();
  t.match(await resolver.services("_sips._tcp.trunk.example"), { ok: false, failure: { kind: "failed" } });
  t.match(await resolver.addresses("trunk.example", 4), { ok: false, failure: { kind: "failed" } });
  t.ok(lookedUp.length <= 1);
});

await t.test(
  "a registrar with a real DNS server: temporary SRV failure, an unresolvable target, rotating names",
  async (t) => {
    let srv: DnsAnswer = { records: ["10 0 5071 a.trunk.example", "20 0 5061 dead.trunk.example"] };
    let turn = 0;
    const { resolver } = await bench(t, ({ name, type }) => {
      if (type === "SRV") return srv;
      if (name === "dead.trunk.example") return "servfail";
      if (name === "trunk.example") return { records: ["192.0.2.200"] };
      // Another address of the pool in each response, like easybell's names.
      return type === "A" ? { records: [`192.0.2.${(turn += 1)}`], ttl: 5 } : "nodata";
    });
    const clock = new FakeClock();
    const host = new RegistrarHost(
      { host: "trunk.example", port: 5061, transport: "tls", srv: true },
      resolver,
      clock,
      { onFault: () => undefined, onChange: () => undefined },
    );
    const next = async (): Promise<readonly string[]> => {
      await host.open();
      return (await host.targets()).map(({ address, port }) => `${address} ${port}`);
    };
    t.strictSame(await next(), ["192.0.2.1 5071"]);
    for (const fault of ["servfail", "refused"] as const) {
      srv = fault;
      t.strictSame(await next(), [`192.0.2.${turn} 5071`], `${fault}: not the name's own address`);
    }
    t.equal(turn, 3);
    t.strictSame(
      ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.200"].map((address) => host.allows(address)),
      [true, true, true, false],
    );
    srv = "nxdomain";
    t.strictSame(await next(), ["192.0.2.200 5061"], "certainly no SRV: the name itself");
    srv = { records: ["0 0 0 ."] };
    t.strictSame(await next(), [], "certainly not offered");
    host.close();
  },
);
