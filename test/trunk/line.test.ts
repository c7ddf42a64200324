import t from "tap";
import type { TrunkConfig } from "../../src/config/config.js";
import { success } from "../../src/result.js";
import { Line } from "../../src/trunk/line.js";
import { Lines } from "../../src/trunk/lines.js";
import type { RegistrationState } from "../../src/trunk/registration-state.js";
import { FakeClock } from "../support/fake-clock.js";
import { FakeRequests, answered } from "../support/fake-requests.js";
import { trunkConfig as config } from "../support/trunk-config.js";

const listening = [{ transport: "udp", host: "10.0.0.1", port: 5060 }, { transport: "tls", host: "10.0.0.1", port: 5061 }] as const;

function bench(changes: Partial<TrunkConfig> = {}): { line: Line; clock: FakeClock; requests: FakeRequests; states: RegistrationState[] } {
  const clock = new FakeClock();
  const requests = new FakeRequests(clock, () => answered(200, { Expires: "600" }));
  const states: RegistrationState[] = [];
  const line = new Line({ ...config, ...changes }, {
    requests,
    clock,
    resolver: { addresses: async () => await Promise.resolve(["192.0.2.1"]), services: async () => await Promise.reject(new Error("no SRV here")) },
    makeVerifier: () => async () => await Promise.resolve(success(undefined)),
    onState: (state) => {
      states.push(state);
    },
    onRenewal: () => undefined,
    onNameFault: () => undefined,
  });
  return { line, clock, requests, states };
}

await t.test("registers when drachtio is there, with the address on which it listens, again when it is back", async (t) => {
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

await t.test("the public address of the configuration goes into the Contact", async (t) => {
  const { line, clock, requests } = bench({ registration: { ...config.registration, contact: { host: "203.0.113.5", port: 15_061 } } });
  line.signallingIsUp(listening);
  await clock.advance(100);
  t.match(requests.sent[0]?.headers["Contact"], /@203\.0\.113\.5:15061;/);
  const closing = line.close();
  await clock.advance(100);
  await closing;
});

await t.test("drachtio does not listen on the trunk's transport: said, and tried again when it does", async (t) => {
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

await t.test("a registrar that lists Contacts of others only: registered, with a warning", async (t) => {
  const { line, clock, requests } = bench();
  for (const [contact, warnings] of [["<sip:other@192.0.2.9>;expires=600", ["registered, but the registrar lists Contacts of others only: see whether calls come in"]], ["<sip:004930123456@10.0.0.1:5061>;expires=600", []]] as const) {
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

await t.test("closed: a drachtio that comes back starts nothing", async (t) => {
  const { line, clock, requests } = bench();
  await line.open();
  await line.close();
  line.signallingIsUp(listening);
  await clock.advance(100_000);
  t.equal(requests.sent.length, 0);
  t.equal(clock.pending, 0);
});

await t.test("only what comes from the trunk's sources, by its transport, is heard over it", async (t) => {
  const { line } = bench();
  const lines = new Lines([config], () => line);
  await lines.open();
  const from = (address: string, transport: "udp" | "tls"): boolean => lines.heardFrom({ address, port: 5061, transport });
  t.equal(from("198.51.100.7", "tls"), false, "a stranger");
  t.equal(from("192.0.2.1", "udp"), false, "a forged source: the trunk's requests come over TLS");
  t.equal(line.heardAt, undefined);
  t.equal(from("192.0.2.1", "tls"), true);
  t.type(line.heardAt, "number");
  await lines.close();
});
