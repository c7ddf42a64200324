import t from "tap";

import { allSuites } from "../../src/softphone/rtp/srtp.js";
import { timeoutMs } from "../support/deadline.js";
import { keyIn, talk, Tones } from "./support/talk.js";
import { World } from "./support/world.js";

const caller = "+4915223125678";

function versionIn(sdp: string): number {
  return Number(/^o=\S+ \S+ (\d+)/m.exec(sdp)?.[1]);
}

function suitesIn(sdp: string): string[] {
  return [...sdp.matchAll(/^a=crypto:\d+ (\S+)/gm)].map(([, suite]) => suite ?? "");
}

await t.test("renegotiations by the trunk during a call", { timeout: 400_000 }, async (t) => {
  const world = await World.start(t, { line: "straight" });
  const phone = await world.phone();

  for (const { name, options } of [
    { name: "INVITE with SDP", options: {} },
    { name: "INVITE without SDP", options: { lateOffer: true } },
    { name: "INVITE with one suite", options: { suites: ["AES_CM_128_HMAC_SHA1_80"] } },
    {
      name: "INVITE without SDP, answered with one suite",
      options: { lateOffer: true, suites: ["AES_CM_128_HMAC_SHA1_80"] },
    },
  ] as const) {
    await t.test(`${name}: hold, resume and new keys keep both directions of audio`, async (t) => {
      const there = await talk(world, phone, { number: caller, ...options });
      const { call } = there;
      const tones = new Tones(world, there);
      await tones.bothWays(t, "at first");
      t.match(call.remoteSdp, /^m=audio \d+ RTP\/SAVP /m);

      t.match(await call.hold(), { ok: true }, "hold");
      t.match(call.remoteSdp, /^a=(recvonly|inactive)\r?$/m, "is answered so");
      t.match(await call.resume(), { ok: true }, "resume");
      await tones.bothWays(t, "after hold and resume");

      t.match(await call.hold(), { ok: true }, "hold");
      const held = call.remoteSdp;
      t.match(
        await call.askForOffer(),
        { ok: true, value: { status: 200 } },
        "resume by a re-INVITE without SDP, with a new key and port in the ACK",
      );
      t.notMatch(call.remoteSdp, /^a=(?!sendrecv)(?:recvonly|sendonly|inactive)\r?$/m, "is offered sendrecv");
      t.ok(versionIn(call.remoteSdp) > versionIn(held), "in a new version");
      t.strictSame(suitesIn(call.remoteSdp).sort(), [...allSuites].sort(), "with a key for each suite");
      t.equal(suitesIn(call.remoteSdp)[0], suitesIn(held)[0], "the one in use first");
      await tones.bothWays(t, "with the answer in the ACK");

      const ours = call.localSdp;
      for (const direction of ["sendonly", "sendrecv"]) {
        const answer = await call.dialog?.reinvite(ours.replace(/^a=sendrecv/m, `a=${direction}`));
        if (answer?.ok !== true) throw new Error(`${direction}: refused`);
        t.strictSame(
          answer.value.body.match(/^a=crypto:.*inline:[^|\s]+/gm)?.map(keyIn),
          [keyIn(call.remoteSdp)],
          `${direction} with the keys that there are: the same one, and only one, back`,
        );
      }
      await tones.bothWays(t, "with the keys of before");

      const old = keyIn(call.localSdp);
      t.match(await call.renegotiate("sendrecv"), { ok: true }, "new keys");
      t.not(keyIn(call.localSdp), old, "other ones than before");
      await tones.bothWays(t, "after a change of keys");

      const port = /^m=audio (\d+)/m.exec(call.localSdp)?.[1];
      t.match(await call.moveRtp(), { ok: true }, "another RTP port");
      t.not(/^m=audio (\d+)/m.exec(call.localSdp)?.[1], port);
      await tones.bothWays(t, "after a change of ports");

      t.match(await call.refresh(), { ok: true }, "session refresh by UPDATE without SDP");
      const refreshed = await call.dialog?.reinvite("");
      t.match(
        refreshed,
        { ok: true, value: { status: 200, body: /^m=audio [1-9]\d* RTP\/SAVP /m } },
        "and by a re-INVITE without SDP, with an ACK without SDP",
      );
      await tones.bothWays(t, "after a refresh");

      const [bbb] = world.bbbs;
      t.ok(
        await call.sendDigits("0", { method: "info" }),
        "the mute key, by SIP INFO, no longer counts: the PIN came by RFC 4733",
      );
      t.ok(await call.sendDigits("00"), "and twice by RFC 4733");
      t.equal(await bbb.waitForDigits(there.member.memberId, "00", timeoutMs), "00", "arrives, twice");
      await tones.bothWays(t, "after the keys");

      const report = world.reports.next("the call's report", () => true);
      await call.hangUp();
      t.match(await report, { cause: "caller-hung-up", srtp: { trunk: call.suite } });
    });
  }

  await t.test("from SRTP back to plain RTP: refused, and the call continues unchanged", async (t) => {
    const there = await talk(world, phone, { number: caller });
    const plain = there.call.localSdp.replace(/RTP\/SAVP/, "RTP/AVP").replace(/^a=crypto.*\r\n/gm, "");
    t.match(await there.call.dialog?.reinvite(plain), { ok: false, failure: { status: 488 } });
    await new Tones(world, there).bothWays(t, "as before");
    await there.call.hangUp();
  });

  t.strictSame(world.complaints([caller.slice(3)]), [], "no bug and no number in the log");
});
