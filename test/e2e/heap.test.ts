import { dirname } from "node:path";
import { setTimeout } from "node:timers/promises";

import t from "tap";

import { timeoutMs } from "../support/deadline.js";
import { SnapshotProgram } from "./support/heap-snapshot.js";
import { untilHeard } from "./support/hearing.js";
import { freePort } from "./support/ports.js";
import { conferences, numbers, World } from "./support/world.js";

const lookEveryMs = 100;
const digits = "15223125678";
const caller = `+49${digits}`;
const [{ pin }] = conferences;

/** The ways in which trunks and phones may describe a caller, all with the number. */
const headers = [
  ["P-Asserted-Identity", `"${caller}" <sip:${caller}@trunk.example;user=phone>`],
  ["Remote-Party-ID", `<sip:${caller}@trunk.example>;party=calling;screen=yes`],
  ["Diversion", `<sip:${caller}@trunk.example>;reason=unconditional`],
  ["History-Info", `<sip:${caller}@trunk.example>;index=1`],
  ["Subject", `call of ${caller}`],
] as const;

/** The user name in the o= line and the session name often contain the number (RFC 4566 section 5.2). */
function withNumber(sdp: string): string {
  return sdp
    .replace(/^o=\S+/m, `o=${caller}`)
    .replace(/^s=.*\r$/m, `s=${caller}\r\ni=call of ${caller}\r\ne=${digits}@trunk.example\r\np=${caller}\r`);
}

async function ready(operatorsPort: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    const answer = await fetch(`http://127.0.0.1:${operatorsPort}/readyz`);
    if (answer.ok) return;
    await setTimeout(lookEveryMs);
  }
  throw new Error("einwahl is not ready");
}

await t.test("the heap of a running einwahl holds no caller's number", { timeout: 300_000 }, async (t) => {
  const [port, operatorsPort] = [await freePort(), await freePort()];
  const world = await World.start(t, {
    settings: (settings) => ({ ...settings, http: { port, operators_port: operatorsPort } }),
  });
  await world.stopEinwahl();
  const einwahl = new SnapshotProgram(t, world.settingsFile, dirname(world.settingsFile));
  for (const line of ["BBB server is up", "media server is up", "einwahl is running"])
    await einwahl.program.line(line, new RegExp(line));
  const phone = await world.phone();

  const findings = async (): Promise<string[]> => {
    const strings = await einwahl.strings();
    t.ok(
      strings.some((text) => text.includes(numbers.german)),
      "control: a number that is in memory is found, the trunk's own",
    );
    return strings.filter((text) => text.includes(digits)).map((text) => text.slice(0, 200));
  };

  for (const { name, options } of [
    { name: "INVITE with SDP", options: { rewriteOffer: withNumber } },
    { name: "INVITE without SDP", options: { lateOffer: true, rewriteAnswer: withNumber } },
  ]) {
    await t.test(`${name}: no digits of the caller in memory while asked and in the conference`, async (t) => {
      // Writing a snapshot stops einwahl for seconds, in which its queries to the engines time out.
      await ready(operatorsPort);
      const call = await phone.dial({ ...world.line(), number: caller, display: caller, headers, ...options });
      call.audio.listenForPrompts(world.prompts);
      t.match(await call.answered, { ok: true });
      await untilHeard(world, call, "de/welcome");
      t.strictSame(await findings(), [], "while the caller is asked for the PIN");

      const arrival = world.bbbs[0].waitForMember(pin, timeoutMs);
      await call.sendDigits(pin);
      t.match(await arrival, { name: digits.slice(-4) }, "in the conference, under the last four digits");
      t.match(await call.dialog?.reinvite(withNumber(call.localSdp)), { ok: true }, "a re-INVITE");
      t.match(await call.refresh(), { ok: true }, "an UPDATE");
      t.ok(await call.sendDigits("0", { method: "info" }), "an INFO");
      t.strictSame(await findings(), [], "in the conference");

      await call.hangUp();
      await call.ended;
    });
  }
  t.strictSame(await findings(), [], "after the calls");
  t.equal(await einwahl.program.stop(), "exit 0");
  t.notMatch(einwahl.program.lines.past.join("\n"), digits);
});
