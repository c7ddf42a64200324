import t from "tap";

import { apiChecksum } from "../../../src/simulators/bbb/checksum.js";
import type { SampleBbb } from "../../../src/simulators/bbb/sample-bbb.js";
import { allSuites } from "../../../src/softphone/rtp/srtp.js";
import type { DialOptions } from "../../../src/softphone/test-phone.js";
import { dial, serve, telephone } from "./support/sample.js";

const timeoutMs = 15_000;
const inConferenceHz = 1500;

async function ask(bbb: SampleBbb, callName: string, query = ""): Promise<string> {
  const checksum = `checksum=${apiChecksum(callName, query, "secret", "sha256")}`;
  return (await fetch(`${bbb.apiUrl}${callName}?${query === "" ? checksum : `${query}&${checksum}`}`)).text();
}

await t.test("a caller in a conference, with each suite", async (t) => {
  const bbb = await serve(t);
  const phone = await telephone(t);
  bbb.createMeeting({ meetingID: "room", voiceBridge: "01234" });
  for (const [index, suite] of allSuites.entries()) {
    await t.test(suite, async (t) => {
      const hz = 500 + 200 * index;
      bbb.playTone("01234", inConferenceHz);
      const call = await dial(phone, bbb, "01234", { suites: [suite], codecs: [index % 2 === 0 ? "PCMA" : "PCMU"] });
      call.playTone(hz);
      t.match(await call.answered, { ok: true });
      t.equal(call.suite, suite);
      const member = await bbb.waitForMember("01234", timeoutMs);
      t.match(member, {
        name: "1234",
        number: "p1",
        suite,
        codec: index % 2 === 0 ? "PCMA" : "PCMU",
        voiceBridge: "01234",
        muted: false,
      });
      const [atBbb, atPhone] = await Promise.all([
        bbb.waitForTone({ memberId: member?.memberId ?? "" }, hz, timeoutMs),
        call.audio.waitForTone(inConferenceHz, timeoutMs),
      ]);
      t.match(atBbb, { hz, memberId: member?.memberId });
      t.match(atPhone, { hz: inConferenceHz });
      t.ok(
        Math.abs((atPhone?.level ?? 0) - 0.2) < 0.04,
        `the tone arrives as loud as it was played: ${atPhone?.level ?? 0}`,
      );
      t.strictSame(
        bbb.heard(member?.memberId ?? "", [300, hz, inConferenceHz]).map((tone) => tone.hz),
        [hz],
        "and nothing else",
      );
      t.match(await call.hangUp(), { by: "local" });
      t.equal(await bbb.waitForLeave(member?.memberId ?? "", timeoutMs), true);
      t.equal(call.audio.stats.rejected, 0);
      t.ok(call.audio.stats.packetsIn > 10);
      t.ok(call.audio.stats.jitterMs < 100);
      bbb.stopTone("01234");
      t.match(phone.counts(), { calls: 0, dialogs: 0, speaking: 0 });
    });
  }
});

await t.test("the API lists callers as BBB does and reports the meeting as running", async (t) => {
  const bbb = await serve(t);
  const phone = await telephone(t);
  const meeting = bbb.createMeeting({ meetingID: "room", voiceBridge: "55555" });
  t.equal(meeting.startTime, 0);
  const call = await dial(phone, bbb, "55555", { display: "5678" });
  await call.answered;
  t.strictSame(
    bbb.members("55555").map((member) => member.name),
    ["5678"],
  );
  t.ok(meeting.startTime > 0);
  t.strictSame(bbb.adHocConferences(), []);
  bbb.joinWeb("room", "Ada", true);
  const listed = await ask(bbb, "getMeetings");
  t.match(
    listed,
    /<voiceBridge>55555<\/voiceBridge>[^]*<running>true<\/running>[^]*<participantCount>2<\/participantCount>/,
  );
  t.match(listed, /<userID>v_\d<\/userID>\s*<fullName>5678<\/fullName>/);
  t.match(listed, /<fullName>Ada<\/fullName>\s*<role>MODERATOR<\/role>/);
  t.match(await ask(bbb, "end", "meetingID=room"), /sentEndMeetingRequest/);
  t.match(await call.ended, { by: "remote" }, "ended by API: all callers get a BYE");
  t.match(await ask(bbb, "getMeetings"), /noMeetings/);
  t.equal(bbb.api.calls("getMeetings"), 2);
});

await t.test("three members in one conference: each hears the others and not itself", async (t) => {
  const bbb = await serve(t);
  const phone = await telephone(t);
  bbb.createMeeting({ meetingID: "room", voiceBridge: "23456" });
  const tones = [400, 700, 1000];
  const calls = await Promise.all(tones.map((_, index) => dial(phone, bbb, "23456", { display: `000${index}` })));
  for (const [index, call] of calls.entries()) {
    await call.answered;
    call.playTone(tones[index] ?? 0, 0.2);
  }
  const heard = await Promise.all(
    calls.flatMap((call, index) =>
      tones.filter((_, other) => other !== index).map((hz) => call.audio.waitForTone(hz, timeoutMs)),
    ),
  );
  t.equal(heard.filter((tone) => tone !== undefined).length, 6);
  for (const [index, call] of calls.entries())
    t.strictSame(call.audio.tones([tones[index] ?? 0]), [], "no echo of oneself");
  t.match(await bbb.waitForTone({ voiceBridge: "23456" }, 700, timeoutMs), {
    hz: 700,
    memberId: bbb.members("23456").find((member) => member.name === "0001")?.memberId,
  });
});

await t.test("DTMF: RFC 4733 and INFO; 0 mutes and unmutes", async (t) => {
  const bbb = await serve(t);
  const phone = await telephone(t);
  const call = await dial(phone, bbb, "34567");
  const listener = await dial(phone, bbb, "34567", { display: "0000" });
  await Promise.all([call.answered, listener.answered]);
  const memberId = bbb.members("34567").find((member) => member.name === "1234")?.memberId ?? "";
  call.playTone(800);
  t.ok(await listener.audio.waitForTone(800, timeoutMs));
  t.ok(await call.sendDigits("0"));
  t.equal(await bbb.waitForDigits(memberId, "0", timeoutMs), "0");
  t.equal(bbb.member(memberId)?.muted, true);
  t.equal(await bbb.waitForTone({ memberId }, 800, 700), undefined, "a muted member is inaudible");
  t.strictSame(listener.audio.tones([800]), []);
  t.ok(await call.sendDigits("0", { method: "info" }));
  t.ok(await listener.audio.waitForTone(800, timeoutMs));
  t.ok(await call.sendDigits("7733"));
  t.equal(await bbb.waitForDigits(memberId, "7733", timeoutMs), "007733");
  t.equal(bbb.digits(memberId), "007733");
});

await t.test("ends of a call", async (t) => {
  const bbb = await serve(t);
  const phone = await telephone(t);
  bbb.createMeeting({ meetingID: "room", voiceBridge: "45678" });

  await t.test("kicked: a BYE; with a ban removed again on return", async (t) => {
    const call = await dial(phone, bbb, "45678");
    await call.answered;
    const [member] = bbb.members("45678");
    await bbb.kick(member?.memberId ?? "", { ban: true });
    t.match(await call.ended, { by: "remote", reason: /cause=16/ });
    const again = await dial(phone, bbb, "45678");
    t.match(await again.answered, { ok: true });
    t.match(await again.ended, { by: "remote" });
    const other = await phone.dial({ uri: bbb.sipUri("45678"), number: "p2", display: "4321" });
    t.match(await other.answered, { ok: true });
    t.match(await other.hangUp(), { by: "local" });
    await bbb.kick("nobody");
  });

  await t.test("end of the meeting: all callers, breakout rooms included", async (t) => {
    bbb.createMeeting({ meetingID: "b1", isBreakout: true, parentMeetingID: "room", sequence: 1 });
    const calls = await Promise.all(["45678", "45678", "456781"].map((voiceBridge) => dial(phone, bbb, voiceBridge)));
    await Promise.all(calls.map((call) => call.answered));
    t.equal(bbb.members().length, 3);
    await bbb.endMeeting("room");
    t.strictSame(
      (await Promise.all(calls.map((call) => call.ended))).map((end) => end.by),
      ["remote", "remote", "remote"],
    );
  });

  await t.test("RTP timeout", async (t) => {
    bbb.rtpTimeoutMs = 300;
    const call = await dial(phone, bbb, "45678");
    await call.answered;
    call.stopRtp();
    t.match(await call.ended, { by: "remote" });
    bbb.rtpTimeoutMs = 300_000;
  });

  await t.test("the server is killed: no BYE, and it can restart", async (t) => {
    const call = await dial(phone, bbb, "45678");
    await call.answered;
    const { sipPort } = bbb;
    await bbb.voice.down();
    t.equal(bbb.voice.isUp, false);
    t.match(await (await dial(phone, bbb, "45678")).answered, { ok: false, failure: { status: 503 } });
    t.match(await call.hangUp(), {}, "the caller can still hang up");
    await bbb.voice.up();
    t.equal(bbb.sipPort, sipPort);
    const again = await dial(phone, bbb, "45678");
    t.match(await again.answered, { ok: true });
    await again.hangUp();
  });
});

await t.test("admission", async (t) => {
  const bbb = await serve(t);
  const phone = await telephone(t);
  const refused = async (voiceBridge: string, options?: Omit<DialOptions, "uri" | "number">): Promise<unknown> => {
    const call = await dial(phone, bbb, voiceBridge, options);
    const answer = await call.answered;
    await call.ended;
    return answer.ok ? "answered" : answer.failure;
  };

  await t.test("numbers", async (t) => {
    for (const number of ["1234", "123456789012", "12a45", "99999"])
      t.match(await refused(number), { status: 480 }, number);
    const call = await dial(phone, bbb, "12345678901");
    t.match(await call.answered, { ok: true });
    t.strictSame(bbb.adHocConferences(), ["12345678901"], "a number without a meeting opens a conference of its own");
    await call.hangUp();
    t.strictSame(bbb.adHocConferences(), []);
  });

  await t.test("SRTP", async (t) => {
    t.match(await refused("12345", { srtp: "none" }), { status: 488, warning: /SRTP required/ });
    t.match(
      await refused("12345", { srtp: "optional" }),
      { status: 488 },
      "keys in an AVP line do not enable SRTP without cryptoInAvp",
    );
    bbb.voice.suites = ["AEAD_AES_256_GCM"];
    t.match(await refused("12345", { suites: ["AES_CM_128_HMAC_SHA1_80"] }), { status: 488, warning: /suite/ });
    bbb.voice.suites = undefined;
    bbb.voice.srtp = "none";
    t.match(await refused("12345"), { status: 488 });
    bbb.voice.srtp = "optional";
    const plain = await dial(phone, bbb, "12345", { srtp: "none" });
    t.match(await plain.answered, { ok: true });
    t.equal(plain.suite, undefined);
    t.equal(bbb.members("12345")[0]?.suite, undefined);
    await plain.hangUp();
    bbb.voice.srtp = "mandatory";
  });

  await t.test("source address", async (t) => {
    bbb.voice.allowed = ["127.0.0.9"];
    t.match(await refused("12345"), { status: 480 }, "as BBB's public.xml ends");
    bbb.voice.allowed = ["127.0.0.1"];
  });

  await t.test("a body that is not an offer", async (t) => {
    t.match(await refused("12345", { rewriteOffer: () => "" }), { status: 488 });
    t.match(await refused("12345", { rewriteOffer: () => "v=0\r\nrubbish" }), { status: 488 });
    t.match(
      await refused("12345", { rewriteOffer: (sdp) => sdp.replace(/m=audio (\d+) (\S+) .*/, "m=audio $1 $2 96") }),
      { status: 488, warning: /codec/ },
    );
  });

  await t.test("refusals on request", async (t) => {
    for (const status of [486, 503, 603]) {
      bbb.voice.refusal = { kind: "status", status };
      t.match(await refused("12345"), { status }, String(status));
    }
    bbb.voice.refusal = { kind: "no-answer", ringing: true };
    const call = await dial(phone, bbb, "12345");
    t.match(await call.waitForProgress(180, timeoutMs), { status: 180 });
    t.equal(bbb.counts().unanswered, 1);
    t.match(await call.hangUp(), { by: "refused" });
    t.match(await call.answered, { failure: { status: 487 } });
    bbb.voice.refusal = undefined;
  });
});

await t.test("BBB shows the identity in other headers of a gateway", async (t) => {
  const bbb = await serve(t);
  const phone = await telephone(t);
  const call = await dial(phone, bbb, "12345", { headers: [["P-Asserted-Identity", '"Max" <sip:+4930123456@trunk>']] });
  await call.answered;
  t.match(bbb.members("12345"), [{ name: "Max", number: "+4930123456" }]);
  t.match(bbb.voice.invites[0], /^INVITE sip:12345@[^]*4930123456/);
});

await t.test("hold and resume, with new keys", async (t) => {
  const bbb = await serve(t);
  const phone = await telephone(t);
  const call = await dial(phone, bbb, "12345");
  await call.answered;
  call.playTone(600);
  const [member] = bbb.members("12345");
  const memberId = member?.memberId ?? "";
  t.ok(await bbb.waitForTone({ memberId }, 600, timeoutMs));
  bbb.playTone("12345", inConferenceHz);
  t.ok(await call.audio.waitForTone(inConferenceHz, timeoutMs));
  t.match(await call.hold(), { ok: true });
  t.match(call.remoteSdp, /a=recvonly/);
  t.equal(await call.audio.waitForTone(inConferenceHz, 700), undefined, "no audio to a caller on hold");
  t.match(await call.resume(), { ok: true });
  t.ok(await call.audio.waitForTone(inConferenceHz, timeoutMs));
  t.ok(await bbb.waitForTone({ memberId }, 600, timeoutMs));
  bbb.stopTone("12345");
});

await t.test("closed during calls", async (t) => {
  const bbb = await serve(t);
  const phone = await telephone(t);
  const call = await dial(phone, bbb, "12345");
  await call.answered;
  const wait = bbb.waitForTone({ voiceBridge: "12345" }, 999, 60_000);
  const heard = call.audio.waitForTone(999, 60_000);
  await bbb.close();
  t.equal(await wait, undefined);
  t.match(bbb.counts(), { members: 0, conferences: 0, mediaSessions: 0, waits: 0, connections: 0 });
  await phone.vanish();
  t.equal(await heard, undefined);
  t.match(await call.ended, { by: "lost" });
  t.match(phone.counts(), { calls: 0, connections: 0, dialogs: 0, speaking: 0 });
});
