import { setTimeout } from "node:timers/promises";

import t from "tap";

import type { PhoneCall } from "../../src/softphone/phone-call.js";
import { timeoutMs } from "../support/deadline.js";
import { untilHeard } from "./support/hearing.js";
import { numbers, World } from "./support/world.js";

const caller = "+4915223125678";
/** The same digit twice in a row shows both duplicates and losses. */
const pin = "73112";
const keyGapMs = 60;

type Order = "INFO first" | "RFC 4733 first" | "both at once";

async function press(call: PhoneCall, keys: string, order: Order): Promise<void> {
  for (const key of keys) {
    const info = async (): Promise<unknown> =>
      await call.dialog?.info("application/dtmf-relay", `Signal=${key}\r\nDuration=160\r\n`);
    if (order === "INFO first") await info();
    await Promise.all([call.sendDigits(key), ...(order === "both at once" ? [info()] : [])]);
    if (order === "RFC 4733 first") await info();
    await setTimeout(keyGapMs);
  }
}

await t.test("digits by RFC 4733 and by INFO", async (t) => {
  const world = await World.start(t, { line: "straight" });
  const [bbb] = world.bbbs;
  bbb.createMeeting({ meetingID: "repeating", name: "Repeating", voiceBridge: pin });
  const phone = await world.phone();

  const greeted = async (rewriteOffer: (sdp: string) => string): Promise<PhoneCall> => {
    const call = await phone.dial({ uri: world.sipUri(numbers.german), number: caller, rewriteOffer });
    call.audio.listenForPrompts(world.prompts);
    await call.answered;
    await untilHeard(world, call, "de/welcome");
    return call;
  };

  for (const order of ["INFO first", "RFC 4733 first", "both at once"] as const) {
    await t.test(`a digit received twice counts once: ${order}`, async (t) => {
      const call = await greeted((sdp) => sdp);
      const arrival = bbb.waitForMember(pin, timeoutMs);
      const talking = world.stages.next("stage talking", ({ stage }) => stage === "talking", {
        evidence: () => world.tail(),
      });
      await press(call, pin, order);
      const [member] = await Promise.all([arrival, talking]);
      await press(call, "550*6", order);
      const memberId = member?.memberId ?? "";
      await bbb.waitForDigits(memberId, "5500", timeoutMs);
      t.equal(bbb.digits(memberId), "5500", "55 stays 55, and *6 mutes once");
      await call.hangUp();
    });
  }

  await t.test("without telephone-event in the SDP only INFO counts, in gateways' format", async (t) => {
    const call = await greeted((sdp) =>
      sdp.replace(/^(m=audio .*) 101\b/m, "$1").replace(/^a=(?:rtpmap|fmtp):101 .*\r\n/gm, ""),
    );
    t.notMatch(call.remoteSdp, /telephone-event/);
    const arrival = bbb.waitForMember(pin, timeoutMs);
    const relay = "application/dtmf-relay";
    const keys = [
      [relay, "Signal: 7"],
      [relay, 'Signal="3"'],
      ["application/dtmf", "1"],
      ["application/dtmf", "Signal=1"],
      [relay, "signal=2;Duration=160"],
    ] as const;
    for (const [type, body] of keys)
      t.match(await call.dialog?.info(type, body), { ok: true, value: { status: 200 } }, body);
    t.match(await arrival, { name: "5678" }, "in the conference");
    t.match(
      await call.dialog?.info("application/dtmf-relay", "Signal=A"),
      { ok: true, value: { status: 200 } },
      "A is a digit without a function",
    );
    const other = await call.dialog?.info("text/plain", "7");
    t.equal(other?.ok === true && other.value.status, 415);
    t.equal(other?.ok === true && other.value.headers.get("Accept"), "application/dtmf-relay, application/dtmf");
    await call.hangUp();
  });

  t.strictSame(world.complaints([caller.slice(3), pin]), [], "no bug, number or PIN in the log");
});
