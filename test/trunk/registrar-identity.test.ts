import t from "tap";

import type { Target } from "../../src/trunk/registrar-host.js";
import type { PeerFault, VerifyPeer } from "../../src/trunk/registrar-tls.js";
import { failure, type Result, success } from "../../src/util/result.js";
import { sleep } from "../../src/util/wait.js";
import type { FakeClock } from "../support/fake-clock.js";
import { answered } from "../support/fake-requests.js";
import { bench, grants, hostAt, type RegistrationBench, stopped } from "../support/registration-bench.js";

type Verdict = "good" | PeerFault["kind"];

/** Simulated peers by the last part of their address; `tookMs` of the bench's clock. */
class Peers {
  readonly verdicts: Record<string, Verdict>;
  readonly asked: string[] = [];
  tookMs = 0;
  clock: FakeClock | undefined;

  constructor(verdicts: Record<string, Verdict>) {
    this.verdicts = verdicts;
  }

  readonly verify: VerifyPeer = async ({ address }, timeoutMs): Promise<Result<undefined, PeerFault>> => {
    this.asked.push(address);
    if (this.tookMs > 0 && this.clock !== undefined) await sleep(this.clock, Math.min(this.tookMs, timeoutMs));
    const verdict = this.verdicts[address] ?? "good";
    return verdict === "good" ? success(undefined) : failure({ kind: verdict, why: `${address} is ${verdict}` });
  };
}

function at(...addresses: string[]): ReturnType<typeof hostAt> {
  return hostAt(...addresses.map((address): Target => ({ address, port: 5061 })));
}

function hops({ requests }: RegistrationBench): string[] {
  return requests.registers.map(({ nextHop }) => /sip:([\d.]+):/.exec(nextHop)?.[1] ?? nextHop);
}

await t.test("an untrusted address gets no request, and the state has the reason", async (t) => {
  const peers = new Peers({ "192.0.2.1": "untrusted" });
  const all = bench(grants(600), { host: at("192.0.2.1"), verifyPeer: peers.verify });
  all.registration.start();
  await all.clock.advance(600_000);
  t.equal(all.requests.sent.length, 0);
  t.match(all.registration.state, { kind: "not-registered", why: "192.0.2.1 is untrusted" });
  t.ok(peers.asked.length >= 10 && peers.asked.length < 20, `asked ${peers.asked.length} times in ten minutes`);
  peers.verdicts["192.0.2.1"] = "good";
  await all.clock.advance(61_000);
  t.equal(all.registration.state.kind, "registered", "it has got a certificate");
  await stopped(t, all, 30);
});

await t.test("the next address is tried immediately and kept", async (t) => {
  const peers = new Peers({ "192.0.2.1": "untrusted", "192.0.2.2": "unreachable" });
  const all = bench(grants(600), { host: at("192.0.2.1", "192.0.2.2", "192.0.2.3"), verifyPeer: peers.verify });
  all.registration.start();
  await all.clock.advance(100);
  t.strictSame(peers.asked, ["192.0.2.1", "192.0.2.2", "192.0.2.3"]);
  t.strictSame(hops(all), ["192.0.2.3"]);
  t.match(all.registration.state, { kind: "registered", registrar: { address: "192.0.2.3" } });
  await all.clock.advance(451_000);
  t.strictSame(hops(all), ["192.0.2.3", "192.0.2.3"]);
  t.strictSame(peers.asked.slice(3), ["192.0.2.3"], "verified at the renewal, too");
  await stopped(t, all, 30);
});

await t.test("no address is trusted: the state names the impostor, not the server that is down", async (t) => {
  const peers = new Peers({ "192.0.2.1": "unreachable", "192.0.2.2": "untrusted", "192.0.2.3": "unreachable" });
  const all = bench(grants(600), { host: at("192.0.2.1", "192.0.2.2", "192.0.2.3"), verifyPeer: peers.verify });
  all.registration.start();
  await all.clock.advance(100);
  t.match(all.registration.state, { kind: "not-registered", why: "192.0.2.2 is untrusted" });
  t.strictSame(peers.asked, ["192.0.2.1", "192.0.2.2", "192.0.2.3"], "each once in a round");
  await stopped(t, all);
  t.equal(all.requests.sent.length, 0);
});

await t.test("a name with a hundred addresses: eight are verified per round", async (t) => {
  const peers = new Peers(
    Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`192.0.2.${index}`, "untrusted" as const])),
  );
  const all = bench(grants(600), { host: at(...Object.keys(peers.verdicts)), verifyPeer: peers.verify });
  all.registration.start();
  await all.clock.advance(100);
  t.equal(peers.asked.length, 8);
  await stopped(t, all);
});

await t.test("another peer at the refresh: no REGISTER, not registered, no un-REGISTER", async (t) => {
  const peers = new Peers({});
  const all = bench(grants(600), { host: at("192.0.2.1"), verifyPeer: peers.verify });
  all.registration.start();
  await all.clock.advance(100_000);
  peers.verdicts["192.0.2.1"] = "untrusted";
  await all.clock.advance(350_100);
  t.match(all.registration.state, { kind: "not-registered", why: "192.0.2.1 is untrusted" });
  t.equal(all.requests.registers.length, 1);
  await stopped(t, all);
  t.equal(all.requests.registers.length, 1);
});

await t.test("new connections refused at the refresh: the intact flow is used", async (t) => {
  const peers = new Peers({});
  const all = bench(grants(600), { host: at("192.0.2.1", "192.0.2.2"), verifyPeer: peers.verify });
  all.registration.start();
  await all.clock.advance(100_000);
  peers.verdicts["192.0.2.1"] = "unreachable";
  await all.clock.advance(350_200);
  t.strictSame(hops(all), ["192.0.2.1", "192.0.2.1"]);
  t.ok(all.states.every(({ kind }) => kind === "registered"));
  await stopped(t, all);
});

await t.test("new connections refused at the refresh and the flow replaced or unknown: the next address", async (t) => {
  for (const port of [42_000, undefined]) {
    const peers = new Peers({});
    const all = bench(
      (request, index) => (port === undefined ? answered(200, { Expires: "600" }) : grants(600)(request, index)),
      { host: at("192.0.2.1", "192.0.2.2"), verifyPeer: peers.verify, keepaliveMs: 1_000_000 },
    );
    all.registration.start();
    await all.clock.advance(449_900);
    peers.verdicts["192.0.2.1"] = "unreachable";
    if (port !== undefined) all.requests.registrar = grants(600, port);
    await all.clock.advance(300);
    t.strictSame(hops(all), ["192.0.2.1", "192.0.2.2"]);
    await stopped(t, all, 30);
  }
});

await t.test("after a broken flow the peer is verified again", async (t) => {
  const peers = new Peers({});
  const all = bench(grants(600), { host: at("192.0.2.1"), verifyPeer: peers.verify });
  all.registration.start();
  await all.clock.advance(20_000);
  peers.verdicts["192.0.2.1"] = "unreachable";
  all.registration.registerNow();
  await all.clock.advance(100_000);
  t.equal(all.requests.registers.length, 1, "the flow of before says nothing of the new one");
  t.equal(all.registration.state.kind, "not-registered");
  await stopped(t, all);
});

await t.test("a stop during certificate verification: nothing is sent afterwards", async (t) => {
  const peers = new Peers({ "192.0.2.1": "unreachable" });
  const all = bench(grants(600), { host: at("192.0.2.1", "192.0.2.2"), verifyPeer: peers.verify });
  Object.assign(peers, { clock: all.clock, tookMs: 5_000 });
  all.registration.start();
  await all.clock.advance(1_000);
  await stopped(t, all, 3_000);
  await all.clock.advance(60_000);
  t.equal(all.requests.sent.length, 0);
  t.equal(peers.asked.length, 1, "no other address is tried");
});

await t.test("certificate verification before the un-REGISTER is bounded by the shutdown timeout", async (t) => {
  const peers = new Peers({});
  const all = bench(grants(600), { host: at("192.0.2.1"), verifyPeer: peers.verify });
  Object.assign(peers, { clock: all.clock });
  all.registration.start();
  await all.clock.advance(10_000);
  peers.tookMs = 60_000;
  peers.verdicts["192.0.2.1"] = "unreachable";
  await stopped(t, all, 2_000);
  t.equal(all.requests.registers.length, 1);
});
