import { readFile } from "node:fs/promises";
import { join } from "node:path";

import t, { type Test } from "tap";

import { knownPrompt } from "../../src/softphone/prompt-library.js";
import { ToneGenerator } from "../../src/softphone/rtp/tone.js";
import { readWav } from "../../src/softphone/rtp/wav.js";
import { type DialOptions, TestPhone, type TestPhoneOptions } from "../../src/softphone/test-phone.js";
import { peer } from "./peer.js";
import { speechLike } from "./speech-like.js";

const timeoutMs = 15_000;

async function telephone(t: Test, options: Partial<TestPhoneOptions> = {}): Promise<TestPhone> {
  const phone = await TestPhone.open({ transport: "udp", ...options });
  t.teardown(() => phone.close());
  return phone;
}

const caller = { number: "+49301112222" } as const;

await t.test("the INVITE as seen by the peer", async (t) => {
  for (const transport of ["udp", "tcp"] as const) {
    await t.test(transport, async (t) => {
      const { uri, take } = await peer(t, transport);
      const phone = await telephone(t, { transport });
      const options: DialOptions = {
        uri,
        number: "+49301112222",
        display: 'Max "M" Muster',
        fromHost: "trunk.example",
        to: "<sip:+4930999@trunk.example>",
        headers: [
          ["Privacy", "id"],
          ["P-Asserted-Identity", "<tel:+49301112222>"],
        ],
        srtp: "none",
        codecs: ["PCMU"],
      };
      const call = await phone.dial(options);
      const { invite, media } = await take();
      t.match(await call.answered, { ok: true });
      t.match(invite.request.from, { displayName: 'Max "M" Muster', uri: "sip:+49301112222@trunk.example" });
      t.match(invite.request.to, { uri: "sip:+4930999@trunk.example" });
      t.equal(invite.request.uri, uri);
      t.equal(invite.request.headers.get("Privacy"), "id");
      t.equal(invite.request.headers.get("P-Asserted-Identity"), "<tel:+49301112222>");
      t.match(invite.request.body, /m=audio \d+ RTP\/AVP 0 101\r\n/);
      t.equal(invite.source.transport, transport);
      if (transport === "udp") t.equal(invite.source.port, phone.addresses[0]?.port);
      t.equal(call.codec, "PCMU");
      t.equal(media.suite, undefined);
      t.match(await call.hangUp([["Reason", "SIP;cause=200"]]), { by: "local" });
      t.match(phone.counts(), { calls: 0, dialogs: 0, speaking: 0 });
    });
  }

  await t.test("a chosen local port and address", async (t) => {
    const { uri, invite } = await peer(t);
    const spare = await telephone(t);
    const port = spare.addresses[0]?.port ?? 0;
    await spare.close();
    const phone = await telephone(t, { localAddress: "127.0.0.2", localPort: port });
    const call = await phone.dial({ uri, ...caller });
    const incoming = await invite();
    t.match(incoming.source, { address: "127.0.0.2", port });
    t.match(incoming.request.body, /c=IN IP4 127\.0\.0\.2/);
    incoming.reject(403);
    t.match(await call.answered, { failure: { status: 403 } });
  });

  await t.test("offers: SAVP and AVP with crypto, suites in order, rewritten", async (t) => {
    const { uri, invite } = await peer(t);
    const phone = await telephone(t);
    const offered = async (options: Partial<DialOptions>): Promise<string> => {
      const call = await phone.dial({ uri, ...caller, ...options });
      const incoming = await invite();
      incoming.reject(486);
      await call.ended;
      return incoming.request.body;
    };
    const secure = await offered({ suites: ["AES_CM_128_HMAC_SHA1_32", "AES_CM_128_HMAC_SHA1_80"] });
    t.match(secure, /m=audio \d+ RTP\/SAVP 8 0 101/);
    t.match(secure, /a=crypto:1 AES_CM_128_HMAC_SHA1_32 [^]*a=crypto:2 AES_CM_128_HMAC_SHA1_80 /);
    const optional = await offered({ srtp: "optional", suites: ["AEAD_AES_128_GCM"] });
    t.match(optional, /RTP\/AVP [^]*a=crypto:1 AEAD_AES_128_GCM/);
    t.match(await offered({ srtp: "optional", profile: "RTP/SAVP" }), /RTP\/SAVP/);
    t.equal(await offered({ rewriteOffer: () => "v=0\r\n" }), "v=0\r\n");
  });
});

await t.test("refused, with the reason", async (t) => {
  const { uri, invite } = await peer(t);
  const phone = await telephone(t);
  const call = await phone.dial({ uri, ...caller });
  const incoming = await invite();
  incoming.ring(180);
  t.match(await call.waitForProgress(180, timeoutMs), { status: 180, reason: "Ringing" });
  incoming.reject(488, "Not Acceptable Here", [["Warning", '304 einwahl "SRTP required"']]);
  t.match(await call.answered, {
    ok: false,
    failure: { status: 488, reason: "Not Acceptable Here", warning: '304 einwahl "SRTP required"' },
  });
  t.match(await call.ended, { by: "refused", reason: "Not Acceptable Here" });
  t.ok(call.progress.some((progress) => progress.status === 100 || progress.status === 180));
  t.equal(await call.waitForProgress(183, 60_000), undefined, "nothing more is waited for");
  t.equal(await call.sendDigits("1"), false);
});

await t.test("unreachable peer", async (t) => {
  const phone = await telephone(t, { transport: "tcp" });
  const { uri, agent } = await peer(t, "tcp");
  await agent.close();
  const call = await phone.dial({ uri, ...caller });
  t.match(await call.answered, { failure: { status: 503 } });
  const silent = await telephone(t, { timers: { t1: 5 } });
  const answer = await (await silent.dial({ uri: "sip:1@127.0.0.1:9", ...caller })).answered;
  t.match(answer, { ok: false, failure: { status: 408 } });
});

await t.test("cancelled while it rings", async (t) => {
  const { uri, invite } = await peer(t);
  const phone = await telephone(t);
  const call = await phone.dial({ uri, ...caller });
  const incoming = await invite();
  const cancelled = new Promise<string>((resolve) => {
    incoming.onCancel = () => {
      resolve("cancelled");
    };
  });
  incoming.ring();
  await call.waitForProgress(180, timeoutMs);
  t.match(await call.hangUp(), { by: "refused" });
  t.equal(await cancelled, "cancelled");
  t.match(await call.answered, { failure: { status: 487 } });
});

await t.test("an invalid answer", async (t) => {
  const { uri, take } = await peer(t);
  const phone = await telephone(t);
  const call = await phone.dial({ uri, ...caller });
  const { dialog } = await take({ rewrite: (sdp) => sdp.replace(/a=crypto.*\r\n/, "") });
  t.match(await call.answered, { ok: false, failure: { status: 606 } });
  t.match(await dialog.ended, { by: "remote" }, "it is hung up");
});

await t.test("hung up by the peer, with its reason", async (t) => {
  const { uri, take } = await peer(t);
  const phone = await telephone(t);
  const call = await phone.dial({ uri, ...caller });
  const { dialog } = await take();
  t.match(await call.answered, { ok: true });
  const tone = call.audio.waitForTone(440, 60_000);
  await dialog.bye([["Reason", 'Q.850;cause=16;text="over"']]);
  t.match(await call.ended, { by: "remote", reason: 'Q.850;cause=16;text="over"' });
  t.equal(await tone, undefined);
  t.ok((call.answeredAt ?? 0) >= call.dialledAt);
});

await t.test("a re-INVITE of the peer is answered", async (t) => {
  const { uri, take } = await peer(t);
  const phone = await telephone(t);
  const call = await phone.dial({ uri, ...caller });
  const { dialog, media, speaker } = await take();
  await call.answered;
  t.match(
    await dialog.reinvite(media.offer({ codecs: ["PCMU"], srtp: "none" })),
    { ok: false, failure: { status: 488 } },
    "never from SRTP back to plain",
  );
  const renewed = await dialog.reinvite(media.offer({ codecs: ["PCMU"], srtp: "mandatory" }));
  t.match(renewed, { ok: true });
  if (renewed.ok) t.match(media.accept(renewed.value.body), { ok: true });
  t.equal(call.codec, "PCMU");
  speaker.tone(700, 0.2);
  t.match(await call.audio.waitForTone(700, timeoutMs), { hz: 700 });
});

await t.test("received audio", async (t) => {
  const { uri, take } = await peer(t);
  const phone = await telephone(t, { maxRecordingMs: 60_000 });
  const call = await phone.dial({ uri, ...caller });
  const { media, speaker } = await take();
  await call.answered;
  const prompts = { "de/welcome": speechLike(1500, 21, 0.3), "de/pin": speechLike(1400, 22, 0.3) };
  call.audio.listenForPrompts(Object.entries(prompts).map(([name, pcm]) => knownPrompt(name, pcm)));

  speaker.tone(900, 0.2);
  t.match(await call.audio.waitForTone(900, timeoutMs), { hz: 900 });
  t.strictSame(
    call.audio.tones([500, 900]).map((tone) => tone.hz),
    [900],
  );
  t.ok(Math.abs(call.audio.loudness() - 0.2 / Math.SQRT2) < 0.01);
  const other = call.audio.waitForSound(timeoutMs, { except: [900] });
  t.equal(
    await Promise.race([other, call.audio.waitForTone(333, 500)]),
    undefined,
    "a known tone is not another sound",
  );
  speaker.tone(undefined, 0);

  const [pin] = await Promise.all([
    call.audio.waitForPrompt("de/pin", timeoutMs, { whole: true }),
    speaker.play(prompts["de/welcome"]),
    speaker.play(prompts["de/pin"]),
    call.audio.waitForPrompt("de/welcome", timeoutMs).then((match) => t.match(match, { name: "de/welcome" })),
  ]);
  t.ok(((await other) ?? 0) > 0.005);
  t.match(pin, { name: "de/pin", complete: true });
  t.strictSame(
    call.audio.prompts().map((match) => match.name),
    ["de/welcome", "de/pin"],
  );
  t.equal(await call.audio.waitForPrompt("de/welcome", 100, { fromMs: pin?.offsetMs ?? 0 }), undefined);

  const file = join(t.testdir(), "call.wav");
  // Before writing the file: the recording continues meanwhile.
  const { durationMs } = call.audio.recording;
  await call.audio.recording.writeTo(file);
  const wav = readWav(await readFile(file));
  t.ok(wav.ok && Math.abs(wav.value.length / 8 - durationMs) < 100);
  t.ok(durationMs > 3000);

  const digits: string[] = [];
  const pound = new Promise<void>((resolve) => {
    media.onDigit = (digit) => {
      digits.push(digit);
      if (digit === "#") resolve();
    };
  });
  t.ok(await call.sendDigits("0011*#", { durationMs: 60, gapMs: 40 }));
  await pound;
  t.strictSame(digits.join(""), "0011*#");

  const received = (): number => media.stats().packetsIn;
  call.stopRtp();
  t.equal(call.audio.speaker.running, false);
  const before = received();
  call.resumeRtp();
  call.playTone(1200);
  await call.audio.speaker.play(new ToneGenerator(500, 0.1).next(1600));
  t.ok(received() >= before + 5);
  const { stats } = call.audio;
  t.equal(stats.rejected, 0);
  t.ok(stats.packetsIn > 100 && stats.packetsOut > 10);
});

await t.test("digits to a peer without telephone-event", async (t) => {
  const { uri, take } = await peer(t);
  const phone = await telephone(t);
  const call = await phone.dial({ uri, ...caller });
  await take({ rewrite: (sdp) => sdp.replace(/ 101\r\n/, "\r\n").replace(/a=(rtpmap|fmtp):101.*\r\n/g, "") });
  await call.answered;
  t.equal(await call.sendDigits("1"), false);
});

await t.test("closed while ringing and during a call", async (t) => {
  const { uri, invite, take, agent } = await peer(t);
  const phone = await telephone(t);
  const ringing = await phone.dial({ uri, ...caller });
  (await invite()).ring();
  await ringing.waitForProgress(180, timeoutMs);
  const talking = await phone.dial({ uri, ...caller });
  const { dialog } = await take();
  await talking.answered;
  await phone.close();
  t.match(await dialog.ended, { by: "remote" });
  t.match(await ringing.ended, { by: "refused" });
  t.match(await talking.ended, { by: "local" });
  t.match(phone.counts(), { calls: 0, dialogs: 0, connections: 0, speaking: 0 });
  t.equal(agent.counts().dialogs, 0);
});
