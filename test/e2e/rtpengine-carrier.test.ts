import { setTimeout } from "node:timers/promises";

import t from "tap";

import { makeCertificates } from "../../src/simulators/certificates.js";
import type { SuiteName } from "../../src/softphone/rtp/srtp-suites.js";
import { Kamailio } from "./support/kamailio.js";
import { missingPrograms } from "./support/missing-programs.js";
import { Rtpengine } from "./support/rtpengine.js";
import { talk, Tones } from "./support/talk.js";
import { conferences, World } from "./support/world.js";

const caller = "+4915223125678";
const suites: readonly SuiteName[] = [
  "AES_CM_128_HMAC_SHA1_80",
  "AES_CM_128_HMAC_SHA1_32",
  "AEAD_AES_128_GCM",
  "AEAD_AES_256_GCM",
];
function withIsup(sdp: string): string {
  const parts = [
    `Content-Type: application/sdp\r\n\r\n${sdp}`,
    "Content-Type: application/isup\r\nContent-Disposition: signal;handling=optional\r\n\r\nISUPBYTES\r\n",
  ];
  return `${parts.map((part) => `--unique-limit-1\r\n${part}`).join("")}--unique-limit-1--\r\n`;
}

/** rtpengine 10.5.3's default offer. */
const offered = [
  ...suites,
  ...["AES_256_CM_HMAC_SHA1", "AES_192_CM_HMAC_SHA1", "F8_128_HMAC_SHA1", "NULL_HMAC_SHA1"].flatMap((name) => [
    `${name}_80`,
    `${name}_32`,
  ]),
];

await t.test(
  "a phone with plain RTP, through a carrier of Kamailio and rtpengine",
  { skip: missingPrograms("kamailio", "rtpengine"), timeout: 500_000 },
  async (t) => {
    const certificates = await makeCertificates();
    const mediaRelay = await Rtpengine.start(t);
    const carrier = await Kamailio.start(t, { certificates, mediaRelay });
    const world = await World.start(t, { certificates, carrier });
    const phone = await world.phone();

    for (const { name, flags, used = suites } of [
      { name: "rtpengine's defaults, DTLS beside SDES", flags: [] },
      { name: "DTLS=off", flags: ["DTLS=off"] },
      { name: "ICE and rtcp-mux", flags: ["ICE=force", "rtcp-mux-offer"] },
      ...suites.map((suite) => ({
        name: `${suite} alone`,
        flags: ["DTLS=off", ...offered.filter((name) => name !== suite).map((name) => `SDES-no-${name}`)],
        used: [suite],
      })),
    ]) {
      await t.test(`${name}: SRTP towards einwahl, audio both ways`, async (t) => {
        await carrier.changeMedia(...flags);
        const there = await talk(world, phone, { number: caller });
        const { call, member } = there;
        t.equal(call.suite, undefined, "plain RTP on the telephone's side");
        t.match(member, { name: "5678" }, "the right label");
        const tones = new Tones(world, there);
        await tones.bothWays(t, "at first");
        t.ok(await call.sendDigits("00"), "keys by RFC 4733, which mute and unmute");
        t.equal(await world.bbbs[0].waitForDigits(member.memberId, "00", 20_000), "00", "arrive");
        t.match(await call.hold(), { ok: true }, "hold");
        t.match(await call.resume(), { ok: true }, "resume");
        await tones.bothWays(t, "after hold and resume");
        const report = world.reports.next("the call's report", () => true);
        await call.hangUp();
        const { srtp } = await report;
        t.ok(
          used.some((suite) => suite === srtp.trunk),
          `encrypted towards einwahl: ${String(srtp.trunk)}`,
        );
      });
    }

    await carrier.changeMedia();
    for (const { name, options } of [
      { name: "INVITE without SDP", options: { lateOffer: true } },
      {
        name: "video before audio",
        options: {
          rewriteOffer: (sdp: string) =>
            sdp.replace(/^(?=m=audio)/m, "m=video 40010 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"),
        },
      },
      {
        name: "multipart body with ISUP",
        options: { rewriteOffer: withIsup, headers: [["Content-Type", "multipart/mixed;boundary=unique-limit-1"]] },
      },
    ] as const) {
      await t.test(`${name}: joins, audio both ways`, async (t) => {
        const there = await talk(world, phone, { number: caller, ...options });
        t.match(there.member, { name: "5678" }, "the right label");
        await new Tones(world, there).bothWays(t, "in the conference");
        const report = world.reports.next("the call's report", () => true);
        await there.call.hangUp();
        t.match(await report, { cause: "caller-hung-up", srtp: { trunk: /^A/ } });
      });
    }

    await t.test("the relay is replaced: new keys and ports in a re-INVITE", async (t) => {
      const there = await talk(world, phone, { number: caller });
      const tones = new Tones(world, there);
      await tones.bothWays(t, "at first");
      await carrier.replaceRelays();
      t.match(await there.call.renegotiate("sendrecv"), { ok: true });
      await tones.bothWays(t, "with the new ones");
      t.match(await there.call.dialog?.reinvite(""), { ok: true, value: { status: 200 } }, "a re-INVITE without SDP");
      await tones.bothWays(t, "afterwards");
      await there.call.hangUp();
    });

    await t.test("a hold of one minute without RTP", async (t) => {
      const there = await talk(world, phone, { number: caller });
      const { call } = there;
      t.match(await call.hold(), { ok: true });
      call.stopRtp();
      await setTimeout(60_000);
      t.match(await call.resume(), { ok: true }, "the call is still there");
      call.resumeRtp();
      await new Tones(world, there).bothWays(t, "after hold and resume");
      await call.hangUp();
    });

    t.strictSame(world.complaints([caller.slice(3), conferences[1].pin]), [], "no bug and no number in the log");
  },
);
