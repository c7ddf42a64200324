import { createSocket } from "node:dgram";
import { once } from "node:events";

import t from "tap";

import { type CodecName, frameSamples } from "../../../src/softphone/rtp/g711.js";
import { MediaSession } from "../../../src/softphone/rtp/media-session.js";
import { Pacer } from "../../../src/softphone/rtp/pacer.js";
import { allSuites, type SuiteName } from "../../../src/softphone/rtp/srtp.js";
import { address, codecs, hears, must, openPair, until } from "./support.js";

for (const suite of [undefined, ...allSuites]) {
  await t.test(`two sessions over loopback: ${suite ?? "plain RTP"}`, async (t) => {
    const pacer = new Pacer();
    const [a, b] = await openPair(t, pacer);
    const srtp = suite === undefined ? "none" : "mandatory";
    const suites: readonly SuiteName[] = suite === undefined ? [] : [suite];
    const offer = a.offer({ codecs, srtp, suites });
    t.match(offer, suite === undefined ? /m=audio \d+ RTP\/AVP 8 0 101/ : /m=audio \d+ RTP\/SAVP 8 0 101/);
    const answer = must(b.answer(offer, { codecs, srtp }));
    must(a.accept(answer));
    t.equal(a.suite, suite);
    t.equal(b.suite, suite);
    t.equal(a.codec, "PCMA");
    t.equal(b.codec, "PCMA");
    await hears(pacer, a, b, 440);
    await hears(pacer, b, a, 1000);

    const digits: string[] = [];
    b.onDigit = (digit, ms) => digits.push(`${digit}/${ms}`);
    const sent = Promise.all(["1", "2", "#"].map((digit) => a.sendDigit(digit, 80)));
    await until(pacer, () => digits.length === 3);
    t.same(await sent, [true, true, true]);
    t.same(digits, ["1/80", "2/80", "#/80"]);
    t.same([a.stats().rejected, b.stats().rejected, a.stats().lost, b.stats().lost], [0, 0, 0, 0]);
    t.ok(b.stats().packetsIn > 5);
    t.type(b.stats().lastPacketAt, "number");
  });
}

await t.test("the offer's order selects codec and suite", async (t) => {
  const [a, b] = await openPair(t, new Pacer());
  const offer = a.offer({
    codecs: ["PCMU", "PCMA"],
    srtp: "mandatory",
    suites: ["AES_CM_128_HMAC_SHA1_32", "AEAD_AES_256_GCM"],
  });
  must(a.accept(must(b.answer(offer, { codecs: ["PCMA", "PCMU"], srtp: "mandatory" }))));
  t.equal(a.codec, "PCMU");
  t.equal(a.suite, "AES_CM_128_HMAC_SHA1_32");
});

await t.test("different codecs at the two ends of a relay", async (t) => {
  const pacer = new Pacer();
  const [a, b] = await openPair(t, pacer);
  must(a.accept(must(b.answer(a.offer({ codecs: ["PCMU"], srtp: "none" }), { codecs, srtp: "none" }))));
  const heard = new Promise<CodecName>((resolve) => {
    b.onPayload = (_payload, codec) => {
      resolve(codec);
    };
  });
  a.sendPayload(new Uint8Array(frameSamples).fill(0xd5), "PCMA");
  t.equal(await heard, "PCMU");
});

await t.test("a secure session drops and counts plain, forged and foreign packets and keeps its peer", async (t) => {
  const pacer = new Pacer();
  const [a, b] = await openPair(t, pacer);
  must(a.accept(must(b.answer(a.offer({ codecs, srtp: "mandatory" }), { codecs, srtp: "mandatory" }))));
  await hears(pacer, a, b, 440);
  await until(pacer, () => b.stats().packetsIn === a.stats().packetsOut);
  let frames = 0;
  b.onFrame = () => {
    frames += 1;
  };
  const stranger = createSocket("udp4");
  t.teardown(() => stranger.close());
  stranger.bind(0, address);
  await once(stranger, "listening");
  let stolen = 0;
  stranger.on("message", () => {
    stolen += 1;
  });
  const before = b.stats();
  const plain = Buffer.concat([Buffer.from("80080001000000a000000001", "hex"), Buffer.alloc(160)]);
  const junk = [plain, Buffer.concat([plain, Buffer.alloc(16)]), Buffer.from("OPTIONS sip:x"), Buffer.from([0x80])];
  for (const packet of junk) stranger.send(packet, b.port, address);
  await until(pacer, () => b.stats().rejected === before.rejected + junk.length);
  t.equal(b.stats().packetsIn, before.packetsIn);
  t.equal(frames, 0);
  await hears(pacer, b, a, 1000);
  t.equal(stolen, 0, "audio still goes to the peer");
});

await t.test("a plain session accepts a new source only if the old one is silent", async (t) => {
  let now = 0;
  const pacer = new Pacer();
  const session = await MediaSession.open({ address, clock: { now: () => now, after: () => () => undefined } });
  const sockets = [createSocket("udp4"), createSocket("udp4")];
  t.teardown(async () => {
    await session.close();
    for (const socket of sockets) socket.close();
  });
  const received = [0, 0];
  for (const [i, socket] of sockets.entries()) {
    socket.on("message", () => {
      received[i] = (received[i] ?? 0) + 1;
    });
    socket.bind(0, address);
    await once(socket, "listening");
  }
  must(
    session.answer("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\n", {
      codecs,
      srtp: "none",
    }),
  );
  const packet = (sequence: number): Buffer =>
    Buffer.concat([
      Buffer.from(`8008${sequence.toString(16).padStart(4, "0")}000000a000000001`, "hex"),
      Buffer.alloc(160),
    ]);
  sockets[0]?.send(packet(1), session.port, address);
  await until(pacer, () => session.stats().packetsIn === 1);
  session.send(new Int16Array(160));
  await until(pacer, () => received[0] === 1);
  sockets[1]?.send(packet(2), session.port, address);
  await until(pacer, () => session.stats().rejected === 1);
  now += 1500;
  sockets[1]?.send(packet(5), session.port, address);
  await until(pacer, () => session.stats().packetsIn === 2);
  t.equal(session.stats().lost, 3);
  session.send(new Int16Array(160));
  await until(pacer, () => received[1] === 1);
  t.equal(received[0], 1);
});

await t.test("re-negotiation", async (t) => {
  await t.test("a repeated offer keeps keys and answer", async (t) => {
    const pacer = new Pacer();
    const [a, b] = await openPair(t, pacer);
    const offer = a.offer({ codecs, srtp: "mandatory" });
    const answer = must(b.answer(offer, { codecs, srtp: "mandatory" }));
    must(a.accept(answer));
    await hears(pacer, a, b, 440);
    t.equal(must(b.answer(offer, { codecs, srtp: "mandatory" })), answer);
    await hears(pacer, a, b, 1000);
    await hears(pacer, b, a, 1000);
    t.equal(b.stats().rejected, 0);
  });

  await t.test("new keys in both directions, the old ones no longer open", async (t) => {
    const pacer = new Pacer();
    const [a, b] = await openPair(t, pacer);
    const first = must(b.answer(a.offer({ codecs, srtp: "mandatory" }), { codecs, srtp: "mandatory" }));
    must(a.accept(first));
    await hears(pacer, a, b, 440);
    const second = must(
      b.answer(a.offer({ codecs, srtp: "mandatory", suites: ["AES_CM_128_HMAC_SHA1_80"] }), {
        codecs,
        srtp: "mandatory",
      }),
    );
    t.not(/inline:.*/.exec(second)?.[0], /inline:.*/.exec(first)?.[0]);
    t.equal(Number(/o=FreeSWITCH \d+ (\d+)/.exec(second)?.[1]), Number(/o=FreeSWITCH \d+ (\d+)/.exec(first)?.[1]) + 1);
    await until(pacer, () => b.stats().packetsIn + b.stats().rejected === a.stats().packetsOut);
    const rejected = b.stats().rejected;
    a.send(new Int16Array(160));
    await until(pacer, () => b.stats().rejected === rejected + 1);
    must(a.accept(second));
    t.equal(a.suite, "AES_CM_128_HMAC_SHA1_80");
    await hears(pacer, a, b, 1000);
    await hears(pacer, b, a, 440);
  });

  await t.test("a refused renewal changes nothing", async (t) => {
    const pacer = new Pacer();
    const [a, b] = await openPair(t, pacer);
    must(a.accept(must(b.answer(a.offer({ codecs, srtp: "mandatory" }), { codecs, srtp: "mandatory" }))));
    const plain = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\n";
    t.notOk(b.answer(plain, { codecs, srtp: "mandatory" }).ok);
    await hears(pacer, a, b, 440);
    await hears(pacer, b, a, 1000);
  });

  await t.test("hold: answered as such, nothing sent, and resumed", async (t) => {
    const pacer = new Pacer();
    const [a, b] = await openPair(t, pacer);
    const offer = a.offer({ codecs, srtp: "none" });
    must(a.accept(must(b.answer(offer, { codecs, srtp: "none" }))));
    await hears(pacer, b, a, 440);
    const held = must(b.answer(offer.replace("a=sendrecv", "a=sendonly"), { codecs, srtp: "none" }));
    t.match(held, "a=recvonly");
    const sent = b.stats().packetsOut;
    b.send(new Int16Array(160));
    t.equal(b.stats().packetsOut, sent);
    t.match(
      must(b.answer(offer.replace("IN IP4 127.0.0.1\r\nt=", "IN IP4 0.0.0.0\r\nt="), { codecs, srtp: "none" })),
      "a=inactive",
    );
    t.match(must(b.answer(offer, { codecs, srtp: "none" })), "a=sendrecv");
    await hears(pacer, b, a, 1000);
  });
});

await t.test("other packet lengths become frames of 20 ms", async (t) => {
  const pacer = new Pacer();
  const [a, b] = await openPair(t, pacer);
  must(a.accept(must(b.answer(a.offer({ codecs, srtp: "none" }), { codecs, srtp: "none" }))));
  const frames: number[] = [];
  b.onFrame = (pcm) => frames.push(pcm.length);
  for (const samples of [80, 80, 240, 80, 480]) a.send(new Int16Array(samples));
  await until(pacer, () => frames.length === 6);
  t.same(frames, [160, 160, 160, 160, 160, 160]);
});

await t.test("sendDigit returns false if the peer has no telephone-event", async (t) => {
  const [a] = await openPair(t, new Pacer());
  t.equal(await a.sendDigit("1"), false, "not negotiated yet");
  must(
    a.answer("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\n", {
      codecs,
      srtp: "none",
    }),
  );
  t.equal(await a.sendDigit("1"), false);
});

await t.test("closing abandons pending digits and frees the port", async (t) => {
  const [a, b] = await openPair(t, new Pacer());
  must(a.accept(must(b.answer(a.offer({ codecs, srtp: "none" }), { codecs, srtp: "none" }))));
  const sent = a.sendDigit("1", 8000);
  const port = a.port;
  await a.close();
  t.equal(await sent, false);
  a.send(new Int16Array(160));
  const again = await MediaSession.open({ address, port });
  t.equal(again.port, port);
  await again.close();
});

await t.test("ports are even and in the range, and a full range is an error", async (t) => {
  const probe = await MediaSession.open({ address });
  const low = probe.port + (probe.port % 2);
  await probe.close();
  const open: MediaSession[] = [];
  t.teardown(async () => {
    for (const session of open) await session.close();
  });
  await t.rejects(async () => {
    for (let i = 0; i < 3; i++) open.push(await MediaSession.open({ address, portRange: [low, low + 3] }));
  }, /no free RTP port/);
  for (const session of open) t.equal(session.port % 2, 0);
  t.ok(open.length <= 2);
});
