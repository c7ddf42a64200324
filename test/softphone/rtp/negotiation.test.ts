import t from "tap";

import { MediaSession } from "../../../src/softphone/rtp/media-session.js";
import { address, codecs, must } from "./support.js";

await t.test("policies and offers", async (t) => {
  const key = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR";
  const sdp = (...media: string[]): string =>
    ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", ...media, ""].join("\r\n");
  const plain = sdp("m=audio 4000 RTP/AVP 8 0");
  const secure = sdp("m=audio 4000 RTP/SAVP 8", key);
  const avpWithCrypto = sdp("m=audio 4000 RTP/AVP 8", key);
  const both = sdp("m=audio 4000 RTP/AVP 8", "m=audio 4002 RTP/SAVP 8", key);
  const cases: [string, string, Parameters<MediaSession["answer"]>[1], string][] = [
    ["plain offer, SRTP off", plain, { codecs, srtp: "none" }, "RTP/AVP"],
    ["plain offer, SRTP optional", plain, { codecs, srtp: "optional" }, "RTP/AVP"],
    ["plain offer, SRTP mandatory", plain, { codecs, srtp: "mandatory" }, "secureMediaRequired"],
    ["encrypted offer, SRTP off", secure, { codecs, srtp: "none" }, "secureMediaRefused"],
    ["encrypted offer, SRTP optional", secure, { codecs, srtp: "optional" }, "RTP/SAVP"],
    ["encrypted offer, SRTP mandatory", secure, { codecs, srtp: "mandatory" }, "RTP/SAVP"],
    [
      "encrypted offer without a common suite",
      secure,
      { codecs, srtp: "mandatory", suites: ["AEAD_AES_128_GCM"] },
      "noCommonSuite",
    ],
    ["keys in AVP, SRTP mandatory", avpWithCrypto, { codecs, srtp: "mandatory" }, "secureMediaRequired"],
    ["keys in AVP, SRTP optional", avpWithCrypto, { codecs, srtp: "optional" }, "RTP/AVP"],
    ["keys in AVP with cryptoInAvp", avpWithCrypto, { codecs, srtp: "mandatory", cryptoInAvp: true }, "RTP/SAVP"],
    ["plain and encrypted line, SRTP optional", both, { codecs, srtp: "optional" }, "RTP/SAVP"],
    ["plain and encrypted line, SRTP off", both, { codecs, srtp: "none" }, "RTP/AVP"],
    ["no common codec", sdp("m=audio 4000 RTP/AVP 9 18"), { codecs, srtp: "none" }, "noCommonCodec"],
    [
      "dynamic payload type",
      sdp("m=audio 4000 RTP/AVP 96", "a=rtpmap:96 pcma/8000"),
      { codecs, srtp: "none" },
      "RTP/AVP",
    ],
    [
      "remapped static payload type",
      sdp("m=audio 4000 RTP/AVP 8", "a=rtpmap:8 L16/44100"),
      { codecs, srtp: "none" },
      "noCommonCodec",
    ],
    ["video only", sdp("m=video 4000 RTP/AVP 96"), { codecs, srtp: "none" }, "noAudio"],
    ["audio with port 0", sdp("m=audio 0 RTP/AVP 8"), { codecs, srtp: "none" }, "noAudio"],
    [
      "host name as the address",
      sdp("c=IN IP4 evil.example", "m=audio 4000 RTP/AVP 8").replace("c=IN IP4 127.0.0.1\r\n", ""),
      { codecs, srtp: "none" },
      "malformed",
    ],
    [
      "numbers instead of names",
      sdp("m=1 2 3 4", "c=5", "a=rtpmap:6 7", "a=crypto:1 2 3"),
      { codecs, srtp: "none" },
      "noAudio",
    ],
    ["a number as the address", sdp("m=audio 4000 RTP/AVP 8", "c=IN IP4 5"), { codecs, srtp: "none" }, "malformed"],
    ["NUL bytes", "\0\0\0", { codecs, srtp: "none" }, "noAudio"],
    ["offer of 20,000 bytes", `${plain}a=${"x".repeat(20_000)}`, { codecs, srtp: "none" }, "malformed"],
    ["feedback profile SAVPF", sdp("m=audio 4000 RTP/SAVPF 8", key), { codecs, srtp: "optional" }, "noAudio"],
  ];
  for (const [name, offer, options, expected] of cases) {
    await t.test(`${name}: ${expected}`, async (t) => {
      const session = await MediaSession.open({ address });
      t.teardown(() => session.close());
      const answer = session.answer(offer, options);
      if (answer.ok) t.match(answer.value, new RegExp(`m=audio ${session.port} ${expected.replace("/", "\\/")} `));
      else t.equal(answer.failure.kind, expected);
      t.equal(answer.ok, expected.startsWith("RTP/"));
    });
  }
});

await t.test("rejected lines are answered in place with port 0", async (t) => {
  const session = await MediaSession.open({ address });
  t.teardown(() => session.close());
  const offer =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=video 5000 RTP/AVP 96\r\nm=audio 4000 RTP/AVP 8 97\r\na=rtpmap:97 telephone-event/8000\r\nm=audio 4002 RTP/AVP 0\r\n";
  const answer = must(session.answer(offer, { codecs, srtp: "none" }));
  t.same(answer.match(/^m=.*$/gm), [
    "m=video 0 RTP/AVP 96",
    `m=audio ${session.port} RTP/AVP 8 97`,
    "m=audio 0 RTP/AVP 0",
  ]);
});

await t.test("an answer that does not match our offer", async (t) => {
  const session = await MediaSession.open({ address });
  t.teardown(() => session.close());
  const answer = (...media: string[]): string =>
    ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", ...media, ""].join("\r\n");
  t.match(session.accept(answer("m=audio 4000 RTP/AVP 8")), { ok: false, failure: { kind: "badState" } });
  session.offer({ codecs, srtp: "mandatory", suites: ["AES_CM_128_HMAC_SHA1_80"] });
  t.match(session.accept(answer("m=audio 4000 RTP/AVP 8")), { ok: false, failure: { kind: "secureMediaNotOffered" } });
  t.match(
    session.accept(
      answer(
        "m=audio 4000 RTP/SAVP 8",
        "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR",
      ),
    ),
    { ok: false },
    "a tag that we did not offer",
  );
  t.match(
    session.accept(
      answer(
        "m=audio 4000 RTP/SAVP 8",
        "a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR",
      ),
    ),
    { ok: false },
    "another suite under our tag",
  );
  t.match(session.accept(answer("m=audio 0 RTP/SAVP 8")), { ok: false, failure: { kind: "noAudio" } });
  t.match(
    session.accept(
      answer(
        "m=audio 4000 RTP/SAVP 9",
        "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR",
      ),
    ),
    { ok: false, failure: { kind: "noCommonCodec" } },
  );
  t.equal(session.codec, undefined);
});

await t.test("mangled offers are answered or rejected, never thrown", async (t) => {
  const good =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/SAVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR|2^31|1:4\r\na=sendrecv\r\nm=video 0 RTP/AVP 96\r\n";
  let state = 42;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
  const session = await MediaSession.open({ address });
  t.teardown(() => session.close());
  const outcomes = { answered: 0, refused: 0 };
  for (let round = 0; round < 5000; round++) {
    let text = good;
    for (let change = random(4); change >= 0; change--) {
      const at = random(text.length);
      const length = random(12);
      const filler =
        ["", "0", "=", "\r\n", " ", "\0", "\u00fc", "m=audio 1 RTP/AVP 8\r\n", "99999999999", "-1"][random(10)] ?? "";
      text = text.slice(0, at) + filler + text.slice(at + length);
    }
    if (session.answer(text, { codecs, srtp: "optional" }).ok) outcomes.answered += 1;
    else outcomes.refused += 1;
  }
  t.ok(outcomes.answered > 100 && outcomes.refused > 100, JSON.stringify(outcomes));
});
