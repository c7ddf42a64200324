import t from "tap";

import { cryptoOfSuite, hasSeveralCryptoLines, withOneCryptoLine } from "../../src/media/answer.js";

const session = ["v=0", "o=- 1 2 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=0 0"];
const offer = [
  ...session,
  "m=audio 4000 RTP/SAVP 8",
  "a=crypto:1 AEAD_AES_256_GCM inline:theirs256",
  "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:theirs80",
  "",
].join("\r\n");
/** An answer of FreeSWITCH 1.10.12 to a re-INVITE after an INVITE without SDP, as observed. */
const answer = [
  ...session,
  "m=audio 20000 RTP/SAVP 8",
  "a=recvonly",
  "a=crypto:2 AEAD_AES_256_GCM inline:ours256",
  "a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:ours80",
  "a=ptime:20",
  "m=audio 0 RTP/AVP 19",
  "",
].join("\r\n");

await t.test("several keys are reduced to one, and lines that were not offered are removed", (t) => {
  t.ok(hasSeveralCryptoLines(answer));
  const told = withOneCryptoLine(offer, answer, "1 AEAD_AES_256_GCM inline:new");
  t.equal(
    told,
    [
      ...session,
      "m=audio 20000 RTP/SAVP 8",
      "a=recvonly",
      "a=crypto:1 AEAD_AES_256_GCM inline:new",
      "a=ptime:20",
      "",
    ].join("\r\n"),
  );
  t.notOk(hasSeveralCryptoLines(told));
  t.end();
});

await t.test("the key of a suite gets the tag of the offer", (t) => {
  t.equal(cryptoOfSuite(offer, answer, "AES_CM_128_HMAC_SHA1_80"), "2 AES_CM_128_HMAC_SHA1_80 inline:ours80");
  t.equal(cryptoOfSuite(offer, answer, "AES_CM_128_HMAC_SHA1_32"), undefined);
  t.end();
});
