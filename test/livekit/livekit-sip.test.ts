import { createHash } from "node:crypto";

import t, { type Test } from "tap";

import type { Meeting } from "../../src/simulators/bbb/meetings.js";
import { SampleBbb } from "../../src/simulators/bbb/sample-bbb.js";
import { makeCertificates } from "../../src/simulators/certificates.js";
import { inTime, timeoutMs } from "../support/deadline.js";
import { type LiveKitOptions, type LiveKitSide, startLiveKit } from "./support/livekit-side.js";
import { SipCaller } from "./support/sip-caller.js";

// Behaviour of livekit-sip that einwahl's tests rely on, the same on the simulator and on the real one.
const host = "127.0.0.1";
const number = "123456";
const user = "anruf-abcdefghijklmnop5678";
const certificates = await makeCertificates();

interface Bench {
  readonly livekit: LiveKitSide;
  readonly caller: SipCaller;
  readonly meeting: Meeting;
  readonly end: () => Promise<void>;
}

async function start(t: Test, options: Partial<LiveKitOptions> = {}): Promise<Bench> {
  const started = await startLiveKit(t, { hidePhoneNumber: true, mediaEncryption: "none", ...options });
  const bbb = await SampleBbb.start({
    name: "bbb-1",
    http: { address: host, port: 0 },
    secret: "secret",
    sip: { address: host, port: 0 },
    tls: certificates,
    srtp: "mandatory",
  });
  t.teardown(() => bbb.close());
  const livekit = started.attach(t, bbb);
  const meeting = bbb.createMeeting({ meetingID: "Lecture", voiceBridge: number, audioBridge: "livekit" });
  await livekit.settled();
  return {
    livekit,
    meeting,
    caller: await SipCaller.open(t, livekit.port),
    end: async () => {
      await bbb.endMeeting("Lecture");
      await livekit.settled();
    },
  };
}

await t.test("configured for callers: hidePhoneNumber, no encryption", async (t) => {
  const { livekit, caller, meeting, end } = await start(t);
  const silent = await caller.dial({ number, fromUser: "silent-caller" });
  // media_timeout_initial is 30 s; after a first packet it is 15 s.
  t.ok(await silent.hasSent(5));
  silent.silence();
  const since = performance.now();

  await t.test("name and identity of a caller", async (t) => {
    const first = await caller.dial({ number, fromUser: user, displayName: "Ada Lovelace" });
    t.match(first, { status: 200, isAccepted: true, suite: undefined });
    t.equal(first.progress[0], 180);
    const seen = (await livekit.callers(meeting)).find(({ name }) => name === "Phone 5678");
    const hash = createHash("sha256").update(user).digest("hex").slice(0, 16);
    t.equal(seen?.identity, `sip_${hash}`);
    t.strictSame(Object.keys(seen?.attributes ?? {}).sort(), [
      "sip.callID",
      "sip.callIDFull",
      "sip.callStatus",
      "sip.callTag",
      "sip.ruleID",
      "sip.trunkID",
    ]);
    t.notMatch(JSON.stringify(seen), /abcdefghijklmnop|Lovelace/);
    t.match(
      JSON.parse(seen?.metadata ?? "{}"),
      { bbb_meetingId: meeting.internalMeetingID, bbb_voiceConf: number },
      "the room's metadata",
    );
    await first.dialog?.bye();
  });

  await t.test("a short From user: only its last character", async (t) => {
    const short = await caller.dial({ number, fromUser: "5678" });
    t.ok((await livekit.callers(meeting)).some(({ name }) => name === "Phone 8"));
    await short.dialog?.bye();
  });

  await t.test("a second call with the same From user ends the first", async (t) => {
    const first = await caller.dial({ number, fromUser: user });
    const second = await caller.dial({ number, fromUser: user });
    t.match(second, { status: 200 });
    t.strictSame(await inTime("the first call ends", first.dialog?.ended ?? Promise.resolve({})), { by: "remote" });
    t.equal((await livekit.callers(meeting)).filter(({ name }) => name === "Phone 5678").length, 1);
    await second.dialog?.bye();
  });

  await t.test("offered SRTP is ignored, even in an SRTP-only offer", async (t) => {
    const secure = await caller.dial({ number, fromUser: user, srtp: "mandatory" });
    t.match(secure, { status: 200, isAccepted: false });
    t.match(secure.dialog?.answer.body, /m=audio \d+ RTP\/AVP /);
    await secure.dialog?.bye();
  });

  await t.test("a number without a meeting: 180, and no final response", async (t) => {
    t.match(await caller.dial({ number: "654321", fromUser: user, ms: 2_500 }), { status: 0, progress: [180] });
  });

  await t.test("an unsupported offer: 400, and no participant in the room", async (t) => {
    const before = (await livekit.callers(meeting)).length;
    const sdp =
      "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 126\r\na=rtpmap:126 none/8000\r\n";
    t.match(await caller.dial({ number, fromUser: user, sdp }), { status: 400 });
    t.equal((await livekit.callers(meeting)).length, before);
  });

  await t.test("tones both ways, a hold without effect, keys without effect, removal", async (t) => {
    const microphone = await livekit.microphone(meeting);
    const call = await caller.dial({ number, fromUser: user });
    const held = await call.dialog?.reinvite(call.media.renew("sendonly"));
    t.match(held, { ok: true, value: { body: /a=sendrecv/ } });
    await call.media.sendDigit("0");
    call.playTone(700);
    t.ok(await microphone.hears(700, timeoutMs), "the room hears the caller, who has pressed 0");
    microphone.playTone(1_000);
    t.ok(await call.hears(1_000, timeoutMs), "the caller hears the room");
    microphone.stopTone();
    const [seen] = (await livekit.callers(meeting)).filter(({ name }) => name === "Phone 5678");
    await livekit.remove(meeting, seen?.identity ?? "");
    t.strictSame(
      await inTime("the call ends", call.dialog?.ended ?? Promise.resolve({})),
      { by: "remote" },
      "without a reason",
    );
  });

  await t.test("a caller who sends no RTP is removed after the media timeout", async (t) => {
    t.match(await inTime("the silent call ends", silent.dialog?.ended ?? Promise.resolve({}), 40_000), {
      by: "remote",
    });
    const seconds = (performance.now() - since) / 1_000;
    t.ok(seconds > 14 && seconds < 25, `after ${seconds.toFixed(1)} s`);
  });

  await t.test("the end of the meeting", async (t) => {
    const call = await caller.dial({ number, fromUser: user });
    await end();
    t.strictSame(
      await inTime("the call ends", call.dialog?.ended ?? Promise.resolve({})),
      { by: "remote" },
      "without a reason",
    );
    t.match(
      await caller.dial({ number, fromUser: user, ms: 2_500 }),
      { status: 0, progress: [180] },
      "the number is removed",
    );
  });
});

await t.test("without hidePhoneNumber the whole From user is shown", async (t) => {
  const { livekit, caller, meeting } = await start(t, { hidePhoneNumber: false });
  await caller.dial({ number, fromUser: user });
  t.match(await livekit.callers(meeting), [
    {
      name: `Phone ${user}`,
      identity: `sip_${user}`,
      attributes: { "sip.phoneNumber": user, "sip.hostname": host, "sip.trunkPhoneNumber": number },
    },
  ]);
});

for (const [mediaEncryption, plain] of [
  ["optional", 200],
  ["mandatory", 400],
] as const) {
  await t.test(`mediaEncryption ${mediaEncryption}`, async (t) => {
    const { caller } = await start(t, { mediaEncryption });
    const offers = [{ srtp: "mandatory" }, { srtp: "optional" }] as const;
    for (const offer of offers) {
      t.match(
        await caller.dial({ number, fromUser: user, ...offer }),
        { status: 200, isAccepted: true, suite: "AES_CM_128_HMAC_SHA1_80" },
        offer.srtp,
      );
    }
    t.match(
      await caller.dial({ number, fromUser: user, suites: ["AEAD_AES_128_GCM"], srtp: "mandatory" }),
      mediaEncryption === "mandatory" ? { status: 400 } : { status: 200, isAccepted: false },
      "an unsupported suite",
    );
    t.match(await caller.dial({ number, fromUser: user }), { status: plain, suite: undefined }, "no SRTP in the offer");
  });
}
