import t from "tap";

import { TestPhone } from "../../src/softphone/test-phone.js";
import { World } from "./support/world.js";

const scanner = "+4915223125678";
const rounds = 5;

await t.test("scans are refused without a log line each", async (t) => {
  const world = await World.start(t, { line: "straight", trunk: { sources: ["192.0.2.99"] } });
  const before = await world.counts();
  for (const transport of ["udp", "tcp", "tls"] as const) {
    const phone = await TestPhone.open({
      transport,
      ...(transport === "tls" ? { tls: { ca: world.certificates.ca } } : {}),
    });
    for (let round = 0; round < rounds; round++) {
      const scan = await phone.dial({
        uri: world.sipUri(String(100 + round), transport),
        number: scanner,
        rewriteOffer: (sdp) => (round === 0 ? "" : sdp),
      });
      t.match(await scan.answered, { ok: false, failure: { status: 403 } }, `over ${transport}`);
    }
    await phone.close();
  }
  t.strictSame(await world.leftBehind(before), {}, "nothing is left");
  t.notOk(
    world.log.past.some((line) => line.includes('"call ended"')),
    "no log line of a single call",
  );
  await world.stopEinwahl();
  const sums = world.log.past.filter((line) => line.includes('"calls refused"'));
  t.equal(sums.length, 1, "one line for all of them");
  t.match(JSON.parse(sums[0] ?? "{}"), { level: 30, refused: { "unknown-source": 3 * rounds } });
  t.strictSame(world.complaints([scanner.slice(3), scanner.slice(-4)]), [], "no bug and no number in the log");
});
