import t from "tap";

import {
  knownSuites,
  rtpHeaderLength,
  SrtpReceiver,
  SrtpSender,
  type SuiteName,
} from "../../../src/softphone/rtp/srtp.js";
import { deriveSessionKeys } from "../../../src/softphone/rtp/srtp-suites.js";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ""), "hex");

/** A packet of 16 bytes of payload. */
function packet(sequence: number, ssrc = 0xcafebabe, payload = Buffer.alloc(16, 0xab)): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt8(0x80, 0);
  header.writeUInt8(8, 1);
  header.writeUInt16BE(sequence & 0xffff, 2);
  header.writeUInt32BE((sequence * 160) >>> 0, 4);
  header.writeUInt32BE(ssrc, 8);
  return Buffer.concat([header, payload]);
}

function unwrap<V>(result: { ok: true; value: V } | { ok: false; failure: unknown }): V {
  if (!result.ok) throw new Error(`failed: ${String(result.failure)}`);
  return result.value;
}

function pair(name: SuiteName): { sender: SrtpSender; receiver: SrtpReceiver } {
  const suite = knownSuites[name];
  const master = { key: Buffer.alloc(suite.keyLength, 7), salt: Buffer.alloc(suite.saltLength, 9) };
  return { sender: SrtpSender.fromMaster(suite, master), receiver: SrtpReceiver.fromMaster(suite, master) };
}

const names = Object.keys(knownSuites) as SuiteName[];

await t.test("key derivation of RFC 3711 appendix B.3", (t) => {
  const keys = deriveSessionKeys(knownSuites.AES_CM_128_HMAC_SHA1_80, {
    key: hex("E1F97A0D3E018BE0D64FA32C06DE4139"),
    salt: hex("0EC675AD498AFEEBB6960B3AABE6"),
  });
  t.equal(keys.key.toString("hex"), "c61e7a93744f39ee10734afe3ff7a087");
  t.equal(keys.salt.toString("hex"), "30cbbc08863d8c85d49db34a9ae1");
  t.equal(keys.auth.toString("hex"), "cebe321f6ff7716b6fd4ab49af256a156d38baa4");
  t.end();
});

await t.test("AES counter mode keystream of RFC 3711 appendix B.2", (t) => {
  // Salt F0..FD, SSRC 0, index 0: the appendix's counter. A payload of zeros shows the keystream.
  const sender = new SrtpSender(knownSuites.AES_CM_128_HMAC_SHA1_80, {
    key: hex("2B7E151628AED2A6ABF7158809CF4F3C"),
    salt: hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD"),
    auth: Buffer.alloc(20),
  });
  const out = unwrap(sender.protect(Buffer.concat([hex("800800000000000000000000"), Buffer.alloc(48)])));
  t.equal(
    out.subarray(12, 60).toString("hex"),
    "e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab41e95b3bb0a2e8dd477901e4fca894c0",
  );
  t.end();
});

await t.test("a whole packet as libsrtp protects it (AES_CM_128_HMAC_SHA1_80, master key of appendix B.3)", (t) => {
  const master = { key: hex("E1F97A0D3E018BE0D64FA32C06DE4139"), salt: hex("0EC675AD498AFEEBB6960B3AABE6") };
  const plain = hex("800f1234decafbadcafebabe abababababababababababababababab");
  const secure = hex("800f1234decafbadcafebabe 4e55dc4ce79978d88ca4d215949d2402 b78d6acc99ea179b8dbb");
  const suite = knownSuites.AES_CM_128_HMAC_SHA1_80;
  t.equal(unwrap(SrtpSender.fromMaster(suite, master).protect(plain)).toString("hex"), secure.toString("hex"));
  t.equal(unwrap(SrtpReceiver.fromMaster(suite, master).open(secure)).toString("hex"), plain.toString("hex"));
  t.end();
});

await t.test("GCM packets of RFC 7714 sections 16.1.1 and 16.2.1", (t) => {
  const plain = hex(
    "8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573",
  );
  const salt = hex("517569642070726f2071756f");
  const vectors: [SuiteName, string, string][] = [
    [
      "AEAD_AES_128_GCM",
      "000102030405060708090a0b0c0d0e0f",
      "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833899d7f27beb16a9152cf765ee4390cce",
    ],
    [
      "AEAD_AES_256_GCM",
      "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
      "8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a76c13",
    ],
  ];
  for (const [name, key, secure] of vectors) {
    const keys = { key: hex(key), salt, auth: Buffer.alloc(0) };
    t.equal(unwrap(new SrtpSender(knownSuites[name], keys).protect(plain)).toString("hex"), secure, name);
    t.equal(
      unwrap(new SrtpReceiver(knownSuites[name], keys).open(hex(secure))).toString("hex"),
      plain.toString("hex"),
      name,
    );
  }
  t.end();
});

await t.test("a 256-bit master key goes through the AES-256 derivation (RFC 6188 section 7.2)", (t) => {
  const keys = deriveSessionKeys(knownSuites.AEAD_AES_256_GCM, {
    key: hex("f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6"),
    salt: hex("3b04803de51ee7c96423ab5b78d2"),
  });
  t.equal(keys.key.toString("hex"), "5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4");
  t.end();
});

for (const name of names) {
  await t.test(name, async (t) => {
    await t.test("extends the packet by its tag and encrypts the payload", (t) => {
      const { sender, receiver } = pair(name);
      const plain = packet(1);
      const secure = unwrap(sender.protect(plain));
      t.equal(secure.length, plain.length + knownSuites[name].tagLength);
      t.same(secure.subarray(0, 12), plain.subarray(0, 12), "the header stays readable");
      t.notOk(secure.includes(Buffer.alloc(8, 0xab)));
      t.same(unwrap(receiver.open(secure)), plain);
      t.end();
    });

    await t.test("rejects a repeated packet and a much older one, accepts a late one", (t) => {
      const { sender, receiver } = pair(name);
      const sent = Array.from({ length: 300 }, (_, i) => unwrap(sender.protect(packet(1000 + i))));
      const at = (i: number): Buffer => sent[i] ?? Buffer.alloc(0);
      for (let i = 0; i < 300; i++) if (i !== 10 && i !== 290) t.ok(receiver.open(at(i)).ok);
      t.same(receiver.open(at(299)), { ok: false, failure: "replay" });
      t.same(receiver.open(at(200)), { ok: false, failure: "replay" });
      t.ok(receiver.open(at(290)).ok, "late by ten packets");
      t.same(receiver.open(at(290)), { ok: false, failure: "replay" });
      t.same(receiver.open(at(10)), { ok: false, failure: "replay" }, "older than the window");
      t.end();
    });

    await t.test("rejects any packet with one changed bit, and continues", (t) => {
      const { sender, receiver } = pair(name);
      const secure = unwrap(sender.protect(packet(5)));
      for (let at = 0; at < secure.length; at++) {
        const forged = Buffer.from(secure);
        forged[at] = (forged[at] ?? 0) ^ 0x01;
        t.notOk(receiver.open(forged).ok, `byte ${at}`);
      }
      t.ok(receiver.open(secure).ok);
      t.end();
    });

    await t.test("follows the rollover of the sequence number, also with packets out of order around it", (t) => {
      const { sender, receiver } = pair(name);
      const start = 65530;
      const sent = Array.from({ length: 20 }, (_, i) => unwrap(sender.protect(packet(start + i))));
      const order = [0, 1, 2, 3, 6, 4, 5, 7, 10, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19];
      for (const i of order) t.ok(receiver.open(sent[i] ?? Buffer.alloc(0)).ok, `packet ${i}`);
      t.end();
    });

    await t.test("handles several rollovers with gaps", (t) => {
      const { sender, receiver } = pair(name);
      for (let index = 100; index < 4 * 65536; index += 10_007) {
        const plain = packet(index);
        t.same(unwrap(receiver.open(unwrap(sender.protect(plain)))), plain);
      }
      t.end();
    });

    await t.test("counts the rollover per SSRC", (t) => {
      const { sender, receiver } = pair(name);
      for (const [sequence, ssrc] of [
        [65535, 1],
        [100, 2],
        [0, 1],
        [101, 2],
        [1, 1],
      ] as const) {
        t.ok(receiver.open(unwrap(sender.protect(packet(sequence, ssrc)))).ok, `${ssrc}/${sequence}`);
      }
      t.end();
    });

    await t.test("does not open packets of another key", (t) => {
      const { sender } = pair(name);
      const suite = knownSuites[name];
      const other = SrtpReceiver.fromMaster(suite, {
        key: Buffer.alloc(suite.keyLength, 8),
        salt: Buffer.alloc(suite.saltLength, 9),
      });
      t.same(other.open(unwrap(sender.protect(packet(1)))), { ok: false, failure: "authentication" });
      t.end();
    });

    await t.test("accepts a packet with a master key identifier only if it is the announced one", (t) => {
      const suite = knownSuites[name];
      const master = { key: Buffer.alloc(suite.keyLength, 7), salt: Buffer.alloc(suite.saltLength, 9) };
      const secure = unwrap(SrtpSender.fromMaster(suite, master).protect(packet(1)));
      const mki = Buffer.from([0, 0, 0, 1]);
      const at = suite.aead ? secure.length : secure.length - suite.tagLength;
      const withMki = Buffer.concat([secure.subarray(0, at), mki, secure.subarray(at)]);
      t.ok(SrtpReceiver.fromMaster(suite, master, { value: mki }).open(withMki).ok);
      t.notOk(SrtpReceiver.fromMaster(suite, master, { value: Buffer.from([0, 0, 0, 2]) }).open(withMki).ok);
      t.notOk(SrtpReceiver.fromMaster(suite, master, { value: mki }).open(secure).ok);
      t.end();
    });
  });
}

await t.test("a header with CSRCs and an extension is unencrypted and authenticated", (t) => {
  const { sender, receiver } = pair("AES_CM_128_HMAC_SHA1_80");
  const plain = Buffer.concat([
    hex("92080001 00000000 00000001 11111111 22222222 bede0001 01020304"),
    Buffer.from("speech"),
  ]);
  t.equal(rtpHeaderLength(plain), 28);
  const secure = unwrap(sender.protect(plain));
  t.same(secure.subarray(0, 28), plain.subarray(0, 28));
  t.same(unwrap(receiver.open(secure)), plain);
  t.end();
});

await t.test("packets that are not RTP are rejected", (t) => {
  const { sender, receiver } = pair("AEAD_AES_128_GCM");
  for (const junk of [
    Buffer.alloc(0),
    Buffer.alloc(3),
    Buffer.alloc(12),
    Buffer.from("INVITE sip:x SIP/2.0"),
    hex("9f080001 00000000 00000001"),
    hex("90080001 00000000 00000001 beddffff"),
  ]) {
    t.notOk(receiver.open(junk).ok);
    t.notOk(sender.protect(junk).ok);
  }
  t.end();
});

await t.test("forged SSRCs leave no state, authentic ones a bounded state", (t) => {
  const suite = knownSuites.AES_CM_128_HMAC_SHA1_80;
  const master = { key: Buffer.alloc(16, 7), salt: Buffer.alloc(14, 9) };
  const receiver = SrtpReceiver.fromMaster(suite, master);
  const sender = SrtpSender.fromMaster(suite, master);
  const first = unwrap(sender.protect(packet(7, 1)));
  t.ok(receiver.open(first).ok);
  for (let ssrc = 2; ssrc < 100; ssrc++) t.notOk(receiver.open(Buffer.concat([packet(7, ssrc), Buffer.alloc(10)])).ok);
  t.same(receiver.open(first), { ok: false, failure: "replay" }, "the authentic stream is still known");
  t.end();
});
