import t from "tap";

import {
  allDigits,
  DigitReceiver,
  encodeTelephoneEvent,
  parseTelephoneEvent,
} from "../../../src/softphone/rtp/dtmf.js";
import { decodeG711, encodeG711 } from "../../../src/softphone/rtp/g711.js";
import { Pacer } from "../../../src/softphone/rtp/pacer.js";
import { keyParameters, makeCryptoLine, parseCryptoLine } from "../../../src/softphone/rtp/sdes.js";
import { loudness, ToneDetector, ToneGenerator, toneShare } from "../../../src/softphone/rtp/tone.js";
import { readWav, writeWav } from "../../../src/softphone/rtp/wav.js";

await t.test("G.711", async (t) => {
  await t.test("known points of ITU-T G.711", (t) => {
    t.same([...encodeG711("PCMU", Int16Array.of(0, -1, 32767, -32768))], [0xff, 0x7f, 0x80, 0x00]);
    t.same([...decodeG711("PCMU", Uint8Array.of(0xff, 0x80, 0x00))], [0, 32124, -32124]);
    t.same([...encodeG711("PCMA", Int16Array.of(0, 32767, -32768))], [0xd5, 0xaa, 0x2a]);
    t.same([...decodeG711("PCMA", Uint8Array.of(0xd5, 0x55, 0xaa, 0x2a))], [8, -8, 32256, -32256]);
    t.end();
  });
  for (const codec of ["PCMA", "PCMU"] as const) {
    await t.test(`${codec}: every byte survives decoding and encoding`, (t) => {
      const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
      const again = encodeG711(codec, decodeG711(codec, bytes));
      // Mu-law has two zeros (0x7f and 0xff); both decode to 0.
      t.same(
        [...again].filter((byte, i) => byte !== i && !(codec === "PCMU" && i === 0x7f)),
        [],
      );
      t.end();
    });
    await t.test(`${codec}: every sample comes back within the step of its segment`, (t) => {
      const pcm = Int16Array.from({ length: 65536 }, (_, i) => i - 32768);
      const back = decodeG711(codec, encodeG711(codec, pcm));
      let worst = 0;
      for (let i = 0; i < pcm.length; i++)
        worst = Math.max(worst, Math.abs((pcm[i] ?? 0) - (back[i] ?? 0)) / Math.max(256, Math.abs(pcm[i] ?? 0)));
      t.ok(worst < 0.05, `worst relative error ${worst}`);
      t.end();
    });
  }
});

await t.test("a tone is found only at its frequency", (t) => {
  const tone = new ToneGenerator(440, 0.3).next();
  t.ok(toneShare(tone, 440) > 0.95);
  for (const hz of [300, 600, 1000, 2000]) t.ok(toneShare(tone, hz) < 0.1, `${hz} Hz`);
  t.equal(toneShare(new Int16Array(160), 440), 0);
  t.ok(Math.abs(loudness(tone) - 0.3 / Math.SQRT2) < 0.01);
  t.end();
});

await t.test("the detector requires a minimum duration and level", (t) => {
  const detector = new ToneDetector(1000);
  const tone = new ToneGenerator(1000);
  for (let i = 0; i < 4; i++) t.notOk(detector.push(tone.next()));
  t.ok(detector.push(tone.next()));
  t.notOk(detector.push(new Int16Array(160)));
  t.ok(detector.heard);
  detector.reset();
  const faint = new ToneGenerator(1000, 0.001);
  for (let i = 0; i < 10; i++) detector.push(faint.next());
  t.notOk(detector.heard);
  t.end();
});

await t.test("WAV", (t) => {
  const pcm = new ToneGenerator(500).next(800);
  const file = writeWav(pcm);
  t.same(readWav(file), { ok: true, value: pcm });
  const withList = Buffer.concat([
    file.subarray(0, 36),
    Buffer.from("LIST\x03\0\0\0abc\0", "latin1"),
    file.subarray(36),
  ]);
  t.same(readWav(withList), { ok: true, value: pcm }, "a chunk in between, of odd length");
  const alaw = Buffer.from(writeWav(new Int16Array(4)));
  alaw.writeUInt16LE(6, 20);
  alaw.writeUInt16LE(8, 34);
  t.same(readWav(alaw), { ok: true, value: new Int16Array(8).fill(-5504) }, "A-law");
  const stereo = Buffer.from(file);
  stereo.writeUInt16LE(2, 22);
  t.match(readWav(stereo), { ok: false, failure: { kind: "unsupported" } });
  const fast = Buffer.from(file);
  fast.writeUInt32LE(44100, 24);
  t.match(readWav(fast), { ok: false, failure: { kind: "unsupported" } });
  t.match(readWav(Buffer.from("ID3")), { ok: false, failure: { kind: "notWav" } });
  t.match(readWav(file.subarray(0, 30)), { ok: false, failure: { kind: "truncated" } });
  t.end();
});

await t.test("a=crypto", async (t) => {
  const random = (bytes: number): Buffer => Buffer.alloc(bytes, 5);
  await t.test("written lines can be parsed", (t) => {
    for (const suite of [
      "AES_CM_128_HMAC_SHA1_80",
      "AES_CM_128_HMAC_SHA1_32",
      "AEAD_AES_128_GCM",
      "AEAD_AES_256_GCM",
    ] as const) {
      const line = makeCryptoLine(3, suite, random);
      t.same(parseCryptoLine({ id: 3, suite, config: keyParameters(line) }), line);
    }
    t.end();
  });
  const key = "inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR";
  const table: [string, string, string | undefined, boolean][] = [
    ["key alone", key, undefined, true],
    ["with a lifetime", `${key}|2^20`, undefined, true],
    ["with a lifetime and an MKI", `${key}|2^20|1:4`, undefined, true],
    ["with an MKI", `${key}|1:4`, undefined, true],
    ["MKI of impossible length", `${key}|1:999`, undefined, false],
    ["MKI too large for its length", `${key}|70000:1`, undefined, false],
    ["two keys", `${key};${key}`, undefined, false],
    ["short key", "inline:PS1uQCVeeCFCanVmcjkp", undefined, false],
    ["invalid base64", "inline:****", undefined, false],
    ["window hint", key, "WSH=64", true],
    ["UNENCRYPTED_SRTP", key, "UNENCRYPTED_SRTP", false],
    ["UNAUTHENTICATED_SRTP", key, "UNAUTHENTICATED_SRTP", false],
    ["key derivation rate", key, "KDR=1", false],
  ];
  await t.test("accepted and rejected parameters", (t) => {
    for (const [name, config, sessionConfig, usable] of table) {
      const line = {
        id: 1,
        suite: "AES_CM_128_HMAC_SHA1_80",
        config,
        ...(sessionConfig === undefined ? {} : { sessionConfig }),
      };
      t.equal(parseCryptoLine(line) !== undefined, usable, `${name}: ${usable ? "accepted" : "rejected"}`);
    }
    t.equal(parseCryptoLine({ id: 1, suite: "F8_128_HMAC_SHA1_80", config: key }), undefined);
    t.same(parseCryptoLine({ id: 1, suite: "AES_CM_128_HMAC_SHA1_80", config: `${key}|2^20|258:4` })?.mki, {
      value: Buffer.from([0, 0, 1, 2]),
    });
    t.end();
  });
});

await t.test("telephone events", async (t) => {
  await t.test("are encoded and parsed", (t) => {
    for (const digit of allDigits) {
      const event = { digit, end: true, duration: 1280 };
      t.same(parseTelephoneEvent(encodeTelephoneEvent(event)), event);
    }
    t.equal(parseTelephoneEvent(Buffer.from([16, 0, 0, 0])), undefined, "flash is not a digit");
    t.equal(parseTelephoneEvent(Buffer.from([1, 0])), undefined);
    t.end();
  });

  const event = (digit: string, duration: number, end = false): Buffer =>
    encodeTelephoneEvent({ digit, end, duration });
  interface Collected {
    readonly digits: string[];
    readonly receiver: DigitReceiver;
    /** The next packet of the stream. */
    readonly push: (timestamp: number, payload: Uint8Array) => void;
  }
  const collect = (first = 0xfffe): Collected => {
    const digits: string[] = [];
    const receiver = new DigitReceiver((digit, ms) => digits.push(`${digit}/${ms}`));
    let sequence = first;
    return {
      digits,
      receiver,
      push: (timestamp, payload) => {
        receiver.push(sequence, timestamp, payload);
        sequence = (sequence + 1) & 0xffff;
      },
    };
  };

  await t.test("two digits with the same timestamp, as FreeSWITCH sends them", (t) => {
    const { digits, push } = collect();
    for (const digit of ["8", "9", "9"]) {
      for (const duration of [160, 320, 480]) push(160, event(digit, duration));
      for (let i = 0; i < 3; i++) push(160, event(digit, 640, true));
    }
    t.strictSame(digits, ["8/80", "9/80", "9/80"]);
    t.end();
  });

  await t.test("late packets, and a stream that begins at a lower sequence number", (t) => {
    const { digits, receiver, push } = collect(40_000);
    push(1000, event("5", 640, true));
    receiver.push(39_999, 1000, event("5", 480));
    receiver.push(40_000, 1000, event("5", 640, true));
    receiver.push(7, 160, event("6", 640, true));
    t.strictSame(digits, ["5/80", "6/80"]);
    t.end();
  });

  await t.test("each digit once despite repetitions", (t) => {
    const { digits, push } = collect();
    for (const duration of [160, 320, 480]) push(1000, event("5", duration));
    for (let i = 0; i < 3; i++) push(1000, event("5", 640, true));
    for (let i = 0; i < 3; i++) push(4000, event("5", 640, true));
    t.same(digits, ["5/80", "5/80"]);
    t.end();
  });
  await t.test("a digit without its end packets ends with the next digit or with speech", (t) => {
    const { digits, receiver, push } = collect();
    push(1000, event("1", 800));
    push(3000, event("2", 800));
    receiver.audio(3400);
    t.same(digits, ["1/100"]);
    receiver.audio(5000);
    t.same(digits, ["1/100", "2/100"]);
    push(3000, event("2", 800, true));
    t.same(digits, ["1/100", "2/100"], "its late end");
    t.end();
  });
  await t.test("a late packet of an older digit is dropped, also where the timestamp wraps", (t) => {
    const { digits, push } = collect();
    push(0xffff_ff00, event("1", 800, true));
    push(0x700, event("2", 160));
    push(0xffff_ff00, event("1", 800, true));
    push(0x700, event("2", 800, true));
    t.same(digits, ["1/100", "2/100"]);
    t.end();
  });
});

await t.test("the pacer corrects its drift and stops without listeners", (t) => {
  let now = 0;
  let armed: { at: number; callback: () => void } | undefined;
  const pacer = new Pacer({
    now: () => now,
    after: (ms, callback) => {
      armed = { at: now + ms, callback };
      return () => {
        armed = undefined;
      };
    },
  });
  let frames = 0;
  const stop = pacer.every(() => {
    frames += 1;
  });
  // The timer is always 3 ms late; a second must still have fifty frames.
  for (let i = 0; i < 50; i++) {
    const current = armed;
    if (current === undefined) throw new Error("not armed");
    now = current.at + 3;
    current.callback();
  }
  t.equal(frames, 50);
  t.ok(now <= 1003, `${now} ms`);
  now += 10_000;
  armed?.callback();
  t.equal(frames, 55, "a long stall is not made up for");
  stop();
  t.equal(armed, undefined);
  t.equal(pacer.listeners, 0);
  t.end();
});
