import t from "tap";
import { answerInProfile, namelessAnswer, readNewOffer, readOffer } from "../../src/sip/offer.js";

const key80 = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
const key32 = "a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj";
const keyGcm = `a=crypto:3 AEAD_AES_256_GCM inline:${"MTIz".repeat(14)}MTI=`;
const keyGcm8 = "a=crypto:4 AEAD_AES_256_GCM_8 inline:c2VjcmV0";
const keyF8 = "a=crypto:5 F8_128_HMAC_SHA1_80 inline:c2VjcmV0";
const keyNull = "a=crypto:6 NULL_HMAC_SHA1_80 inline:c2VjcmV0";
const fingerprint = "a=fingerprint:sha-256 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB:3E:4B:65:2E:7D:46:3F:54:42:CD:54:F1";

const session = ["v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=0 0"];

function audio(profile: string, port: number, ...attributes: readonly string[]): string[] {
  return [`m=audio ${port} ${profile} 8 0 101`, "a=rtpmap:8 PCMA/8000", "a=rtpmap:101 telephone-event/8000", ...attributes];
}

function sdp(...sections: readonly (readonly string[])[]): string {
  return `${[...session, ...sections.flat()].join("\r\n")}\r\n`;
}

function mediaLines(text: string): string[] {
  return text.split("\r\n").filter((line) => line.startsWith("m="));
}

await t.test("one line: what it is, and what the media server gets", (t) => {
  const rows: readonly {
    readonly what: string;
    readonly section: readonly string[];
    readonly kind: "sdes" | "plain" | "unusable";
    readonly keys?: readonly string[];
  }[] = [
    { what: "SAVP", section: audio("RTP/SAVP", 40_000, key80), kind: "sdes", keys: [key80] },
    { what: "SAVPF", section: audio("RTP/SAVPF", 40_000, key80), kind: "sdes", keys: [key80] },
    { what: "lower case", section: audio("rtp/savp", 40_000, key80.toLowerCase()), kind: "sdes", keys: [key80.toLowerCase().replace("aes_cm_128_hmac_sha1_80", "AES_CM_128_HMAC_SHA1_80")] },
    { what: "AVP with keys", section: audio("RTP/AVP", 40_000, key32), kind: "sdes", keys: [key32] },
    { what: "AVP", section: audio("RTP/AVP", 40_000), kind: "plain", keys: [] },
    { what: "several suites", section: audio("RTP/SAVP", 40_000, key80, key32, keyGcm), kind: "sdes", keys: [key80, key32, keyGcm] },
    { what: "suites among unknown ones", section: audio("RTP/SAVP", 40_000, keyGcm8, keyF8, key32, keyNull), kind: "sdes", keys: [key32] },
    { what: "only unknown suites", section: audio("RTP/SAVP", 40_000, keyGcm8, keyF8, keyNull), kind: "unusable" },
    { what: "AVP with only unknown suites", section: audio("RTP/AVP", 40_000, keyF8), kind: "plain", keys: [] },
    { what: "SAVP without keys", section: audio("RTP/SAVP", 40_000), kind: "unusable" },
    { what: "a key without a tag", section: audio("RTP/SAVP", 40_000, "a=crypto:AES_CM_128_HMAC_SHA1_80 inline:x"), kind: "unusable" },
    { what: "a key elsewhere", section: audio("RTP/SAVP", 40_000, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 uri:https://x"), kind: "unusable" },
    { what: "DTLS", section: audio("UDP/TLS/RTP/SAVPF", 40_000, fingerprint), kind: "unusable" },
    { what: "DTLS in SAVP", section: audio("RTP/SAVP", 40_000, fingerprint), kind: "unusable" },
    { what: "TCP", section: audio("TCP/RTP/AVP", 40_000), kind: "unusable" },
    { what: "port 0", section: audio("RTP/SAVP", 0, key80), kind: "unusable" },
    { what: "fax", section: ["m=image 40000 udptl t38"], kind: "unusable" },
    { what: "no media", section: [], kind: "unusable" },
  ];
  for (const { what, section, kind, keys } of rows) {
    const offer = readOffer(sdp(section));
    t.equal(offer.kind, kind, what);
    if (kind === "unusable") {
      t.equal(offer.forMediaServer, "", what);
      continue;
    }
    t.strictSame(mediaLines(offer.forMediaServer), ["m=audio 40000 RTP/AVP 8 0 101"], what);
    t.strictSame(offer.forMediaServer.split("\r\n").filter((line) => line.startsWith("a=crypto")), keys, what);
    t.equal(offer.profile, section[0]?.split(" ")[2], what);
  }
  t.end();
});

await t.test("everything else in the offer stays as it is, byte for byte", (t) => {
  const before = sdp(audio("RTP/SAVP", 40_000, key80, "a=ptime:20", "a=sendrecv", "a=rtcp:40001"));
  t.equal(readOffer(before).forMediaServer, before.replace("RTP/SAVP", "RTP/AVP"));
  t.end();
});

await t.test("lines that may name the caller say nothing", (t) => {
  const named = sdp(["i=+4915223125678", "e=a@b.example (+4915223125678)", "p=+49 1522 3125678", "u=https://x.example/15223125678"], audio("RTP/SAVP", 40_000, key80))
    .replace("o=- 1 1", "o=+4915223125678 1 1").replace("s=-", "s=+4915223125678");
  const plain = sdp(audio("RTP/SAVP", 40_000, key80));
  t.equal(readOffer(named).forMediaServer, readOffer(plain).forMediaServer);
  t.equal(readNewOffer(named).forMediaServer, readNewOffer(plain).forMediaServer);
  t.equal(namelessAnswer(named), plain, "nor in an answer in an ACK");
  t.equal(namelessAnswer(named.replaceAll("\r\n", "\n")), plain.replaceAll("\r\n", "\n"));
  t.end();
});

await t.test("no offer", (t) => {
  for (const text of ["", "\r\n", " \n\t"]) t.strictSame(readOffer(text), { kind: "none", forMediaServer: "", profile: "" });
  t.end();
});

await t.test("an encrypted and a plain line, in both orders: the encrypted one, and the other is refused", (t) => {
  const secure = audio("RTP/SAVP", 40_000, key80);
  const plain = audio("RTP/AVP", 40_000);
  t.strictSame(mediaLines(readOffer(sdp(secure, plain)).forMediaServer), ["m=audio 40000 RTP/AVP 8 0 101", "m=audio 0 RTP/AVP 8 0 101"]);
  t.strictSame(mediaLines(readOffer(sdp(plain, secure)).forMediaServer), ["m=audio 0 RTP/AVP 8 0 101", "m=audio 40000 RTP/AVP 8 0 101"]);
  t.equal(readOffer(sdp(plain, secure)).kind, "sdes");
  t.equal(readOffer(sdp(plain, secure)).profile, "RTP/SAVP");
  t.end();
});

await t.test("a line that can't be used does not spoil one that can", (t) => {
  const dtls = audio("UDP/TLS/RTP/SAVPF", 40_002, fingerprint);
  t.strictSame(mediaLines(readOffer(sdp(dtls, audio("RTP/SAVP", 40_000, key80))).forMediaServer), ["m=audio 0 UDP/TLS/RTP/SAVPF 8 0 101", "m=audio 40000 RTP/AVP 8 0 101"]);
  t.equal(readOffer(sdp(audio("RTP/SAVP", 40_000, keyF8), audio("RTP/AVP", 40_000))).kind, "plain");
  t.equal(readOffer(sdp(audio("RTP/SAVP", 0, key80), audio("RTP/AVP", 40_000))).kind, "plain");
  t.end();
});

await t.test("keys count for their own line only", (t) => {
  const video = ["m=video 40004 RTP/SAVP 96", "a=rtpmap:96 H264/90000", key80];
  t.equal(readOffer(sdp(audio("RTP/SAVP", 40_000), video)).kind, "unusable");
  t.equal(readOffer(sdp(video, audio("RTP/AVP", 40_000))).kind, "plain");
  t.equal(readOffer(`${key80}\r\n${sdp(audio("RTP/SAVP", 40_000))}`).kind, "unusable");
  t.end();
});

await t.test("video and other media are refused", (t) => {
  const more = [["m=video 40004 RTP/SAVP 96", key32], ["m=image 40006 udptl t38"], ["m=application 9 UDP/BFCP *"]];
  t.strictSame(mediaLines(readOffer(sdp(audio("RTP/SAVP", 40_000, key80), ...more)).forMediaServer), [
    "m=audio 40000 RTP/AVP 8 0 101",
    "m=video 0 RTP/SAVP 96",
    "m=image 0 udptl t38",
    "m=application 0 UDP/BFCP *",
  ]);
  t.end();
});

await t.test("line ends without carriage returns, empty lines, none at the end", (t) => {
  const whole = sdp(audio("RTP/SAVP", 40_000, key80));
  t.equal(readOffer(whole.replaceAll("\r\n", "\n")).forMediaServer, readOffer(whole).forMediaServer);
  t.equal(readOffer(whole.replaceAll("\r\n", "\r\n\r\n")).forMediaServer, readOffer(whole).forMediaServer);
  t.equal(readOffer(whole.trimEnd()).forMediaServer, readOffer(whole).forMediaServer);
  t.end();
});

await t.test("a new offer within a call keeps RTP/SAVP, plain stays plain", (t) => {
  t.strictSame(mediaLines(readNewOffer(sdp(audio("RTP/AVP", 40_000, key80))).forMediaServer), ["m=audio 40000 RTP/SAVP 8 0 101"]);
  t.strictSame(mediaLines(readNewOffer(sdp(audio("RTP/SAVPF", 40_000, key80))).forMediaServer), ["m=audio 40000 RTP/SAVP 8 0 101"]);
  t.strictSame(mediaLines(readNewOffer(sdp(audio("RTP/AVP", 40_000))).forMediaServer), ["m=audio 40000 RTP/AVP 8 0 101"]);
  t.end();
});

await t.test("the answer has the profile of the offer", (t) => {
  const answer = sdp(audio("RTP/SAVP", 20_000, key80));
  for (const profile of ["RTP/SAVP", "RTP/SAVPF", "RTP/AVP"]) t.strictSame(mediaLines(answerInProfile(answer, profile)), [`m=audio 20000 ${profile} 8 0 101`], profile);
  const plain = sdp(audio("RTP/AVP", 20_000));
  t.equal(answerInProfile(plain, "RTP/AVP"), plain);
  t.equal(answerInProfile(answer, ""), answer, "where there was no offer");
  const two = sdp(audio("RTP/AVP", 0), audio("RTP/SAVP", 20_000, key80));
  t.strictSame(mediaLines(answerInProfile(two, "RTP/SAVPF")), ["m=audio 0 RTP/AVP 8 0 101", "m=audio 20000 RTP/SAVPF 8 0 101"]);
  t.end();
});

await t.test("hostile offers are unusable, at once", (t) => {
  const hostile = [
    "m=audio 1 RTP/AVP 8\r\n".repeat(50_000),
    "m=audio 1 RTP/SAVP 8\n".repeat(3_000),
    `m=audio 1 RTP/SAVP ${"8 ".repeat(500_000)}\r\n`,
    `m=audio ${" ".repeat(1_000_000)}`,
    `m=audio 1 ${"x".repeat(1_000_000)} 8`,
    "\n".repeat(1_000_000),
    "a=crypto:1 ".repeat(100_000),
    `m=audio 1 RTP/SAVP 8\r\n${"a=crypto:1 AES_CM_128_HMAC_SHA1_81 inline:x\r\n".repeat(25_000)}`,
    "\0".repeat(1_000_000),
    "m=audio",
    "m=audio -1 RTP/AVP 8\r\n",
    "m=audio 1RTP/AVP 8\r\n",
    "<html></html>",
  ];
  for (const [row, text] of hostile.entries()) {
    const begun = performance.now();
    t.match(readOffer(text).kind, /^(unusable|none)$/, `row ${row}`);
    t.ok(performance.now() - begun < 1_000, `row ${row} takes no second`);
  }
  t.end();
});
