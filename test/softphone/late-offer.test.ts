import t, { type Test } from "tap";

import type { PhoneCall } from "../../src/softphone/phone-call.js";
import { MediaSession, type OfferOptions } from "../../src/softphone/rtp/media-session.js";
import { Pacer } from "../../src/softphone/rtp/pacer.js";
import { allSuites } from "../../src/softphone/rtp/srtp.js";
import { ToneDetector } from "../../src/softphone/rtp/tone.js";
import type { SipDialog } from "../../src/softphone/sip/index.js";
import { Speaker } from "../../src/softphone/speaker.js";
import { type DialOptions, TestPhone } from "../../src/softphone/test-phone.js";
import { peer } from "./peer.js";

const timeoutMs = 15_000;

interface Answered {
  readonly call: PhoneCall;
  readonly dialog: SipDialog;
  readonly media: MediaSession;
}

/** The phone calls without an offer and gets this one in the 200. */
async function lateCall(t: Test, offer: OfferOptions, dial: Partial<DialOptions> = {}): Promise<Answered> {
  const { uri, invite } = await peer(t);
  const phone = await TestPhone.open({ transport: "udp" });
  t.teardown(() => phone.close());
  const call = await phone.dial({ uri, number: "+49301112222", lateOffer: true, ...dial });
  const incoming = await invite();
  t.same([incoming.request.body, incoming.request.headers.has("Content-Type")], ["", false], "no offer in the INVITE");
  const media = await MediaSession.open({ address: "127.0.0.1" });
  t.teardown(() => media.close());
  return { call, media, dialog: incoming.accept(media.offer(offer)) };
}

await t.test("two-way audio after an answer in the ACK, with each suite and without", async (t) => {
  for (const suite of [...allSuites, undefined]) {
    await t.test(suite ?? "plain", async (t) => {
      const srtp = suite === undefined ? "none" : "mandatory";
      // The real media server offers a plain and a secure line.
      const offer: OfferOptions = {
        codecs: ["PCMU", "PCMA"],
        srtp,
        ...(suite === undefined ? {} : { profile: "both" }),
      };
      const { call, dialog, media } = await lateCall(t, offer, {
        srtp,
        ...(suite === undefined ? {} : { suites: [suite] }),
      });
      const answer = await dialog.acknowledged;
      t.match(media.accept(answer ?? ""), { ok: true });
      t.match(await call.answered, { ok: true });
      t.same([call.suite, media.suite, call.codec, media.codec], [suite, suite, "PCMU", "PCMU"]);
      t.same([call.dialog?.localSdp, call.localSdp, dialog.remoteSdp], [answer, answer, answer]);

      const speaker = new Speaker(new Pacer(), (pcm) => {
        media.send(pcm);
      });
      t.teardown(() => {
        speaker.close();
      });
      speaker.start();
      speaker.tone(700, 0.2);
      t.match(await call.audio.waitForTone(700, timeoutMs), { hz: 700 });
      const detector = new ToneDetector(500);
      const heard = new Promise<void>((resolve) => {
        media.onFrame = (pcm) => {
          detector.push(pcm);
          if (detector.heard) resolve();
        };
      });
      call.playTone(500);
      await heard;
      const pressed = new Promise<string>((resolve) => {
        media.onDigit = resolve;
      });
      t.ok(await call.sendDigits("7"));
      t.equal(await pressed, "7");

      // Only until here: when a hold changes the keys, packets with the old ones are still in transit.
      t.equal(call.audio.stats.rejected + media.stats().rejected, 0);
      // After a late answer this side makes offers normally.
      dialog.onReinvite = (request) => {
        const renewed = media.answer(request.body, { codecs: ["PCMU"], srtp });
        return renewed.ok ? { sdp: renewed.value } : { reject: 488 };
      };
      t.match(await call.hold(), { ok: true });
      t.equal(media.direction, "recvonly");
      t.match(await call.hangUp(), { by: "local" });
      t.match(await dialog.ended, { by: "remote" });
    });
  }
});

await t.test("unacceptable offers end the call", async (t) => {
  const refused: readonly (readonly [string, OfferOptions, Partial<DialOptions>])[] = [
    ["SRTP is mandatory, the offer is plain RTP", { codecs: ["PCMA"], srtp: "none" }, {}],
    ["SRTP is mandatory, the offer has keys in a plain line", { codecs: ["PCMA"], srtp: "optional" }, {}],
    [
      "no common suite",
      { codecs: ["PCMA"], srtp: "mandatory", suites: ["AEAD_AES_128_GCM"] },
      { suites: ["AES_CM_128_HMAC_SHA1_80"] },
    ],
    ["no common codec", { codecs: ["PCMA"], srtp: "mandatory" }, { codecs: ["PCMU"] }],
    ["the phone has no SRTP", { codecs: ["PCMA"], srtp: "mandatory" }, { srtp: "none" }],
  ];
  for (const [what, offer, dial] of refused) {
    await t.test(`${what}: refused, ACK without SDP`, async (t) => {
      const { call, dialog } = await lateCall(t, offer, dial);
      t.match(await call.answered, { ok: false, failure: { status: 606, reason: /\w/ } });
      t.equal(await dialog.acknowledged, "");
      t.match(await dialog.ended, { by: "remote" });
      t.match(await call.ended, { by: "refused" });
    });
  }
});

await t.test("a deliberately invalid answer", async (t) => {
  const offer: OfferOptions = { codecs: ["PCMA"], srtp: "mandatory" };
  const bare = await lateCall(t, offer, { rewriteAnswer: () => "" });
  t.equal(await bare.dialog.acknowledged, "", "an ACK without SDP");
  t.match(await bare.call.answered, { ok: true });
  const keyless = await lateCall(t, offer, { rewriteAnswer: (sdp) => sdp.replace(/a=crypto.*\r\n/, "") });
  t.match(keyless.media.accept((await keyless.dialog.acknowledged) ?? ""), { ok: false });
});
