import t from "tap";

import { LateAddresses } from "../../src/sip/late-addresses.js";
import type { ListenAddress } from "../../src/trunk/families.js";
import { FakeClock } from "../support/fake-clock.js";

const udp: ListenAddress = { transport: "udp", host: "127.0.0.1", port: 5060 };
const tls: ListenAddress = { transport: "tls", host: "127.0.0.1", port: 5061 };

function watched(answers: (readonly ListenAddress[] | "no answer")[]): {
  readonly clock: FakeClock;
  readonly late: LateAddresses;
  readonly told: (readonly ListenAddress[])[];
  readonly left: () => number;
} {
  const clock = new FakeClock();
  const told: (readonly ListenAddress[])[] = [];
  const late = new LateAddresses({
    clock,
    ask: () => {
      const next = answers.shift() ?? "no answer";
      return Promise.resolve(
        next === "no answer"
          ? { ok: false, failure: "no-connection" }
          : { ok: true, value: { version: "v0.9.10", addresses: next, publicAddresses: next } },
      );
    },
    onAddresses: (addresses) => told.push(addresses),
    onBug: (error) => {
      throw error;
    },
  });
  return { clock, late, told, left: () => answers.length };
}

await t.test("addresses that come late are told, each change once", async (t) => {
  const { clock, late, told } = watched([[udp], [udp, tls], [udp, tls]]);
  late.watch([]);
  await clock.advance(20_000);
  t.strictSame(told, [[udp], [udp, tls]]);
});

await t.test("nothing is told while nothing changes, or drachtio does not answer", async (t) => {
  const { clock, late, told } = watched([[udp, tls], "no answer", [udp, tls]]);
  late.watch([udp, tls]);
  await clock.advance(20_000);
  t.strictSame(told, []);
});

await t.test("it stops with the connection", async (t) => {
  const { clock, late, told, left } = watched([[udp], [udp, tls]]);
  late.watch([]);
  await clock.advance(1_000);
  late.stop();
  await clock.advance(20_000);
  t.strictSame(told, [[udp]]);
  t.equal(left(), 1, "not asked any more");
});
