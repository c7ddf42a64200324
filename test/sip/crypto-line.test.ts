import t from "tap";

import { readCryptoLine } from "../../src/sip/crypto-line.js";
import { readOffer } from "../../src/sip/offer.js";
import { seeded } from "../support/seeded.js";

const key30 = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
const key28 = `${"MTIz".repeat(9)}MQ==`;
const key44 = `${"MTIz".repeat(14)}MTI=`;
const suite80 = "AES_CM_128_HMAC_SHA1_80";

function offerWith(line: string, profile = "RTP/SAVP"): string {
  return [
    "v=0",
    "o=- 1 1 IN IP4 192.0.2.1",
    "s=-",
    "c=IN IP4 192.0.2.1",
    "t=0 0",
    `m=audio 40000 ${profile} 8`,
    line,
    "",
  ].join("\r\n");
}

await t.test("session parameters that weaken the protection are rejected (RFC 4568 section 6.3)", (t) => {
  for (const parameter of [
    "UNENCRYPTED_SRTP",
    "UNENCRYPTED_SRTCP",
    "UNAUTHENTICATED_SRTP",
    "unencrypted_srtp",
    "KDR=1",
    "FEC_ORDER=SRTP_FEC",
    "FEC_KEY=inline:x",
    "NEW_PARAMETER",
    "--WSH=64",
    "-",
    "WSH=64 UNAUTHENTICATED_SRTP",
    "-OLD=1\tUNENCRYPTED_SRTCP",
  ]) {
    const line = `a=crypto:1 ${suite80} inline:${key30} ${parameter}`;
    t.equal(readCryptoLine(line), undefined, parameter);
    t.equal(readOffer(offerWith(line)).kind, "unusable", `${parameter}: nothing is left of the offer`);
    t.match(
      readOffer(offerWith(`${line}\r\na=crypto:2 ${suite80} inline:${key30}`)),
      { kind: "sdes", forMediaServer: /^(?![^]*crypto:1)[^]*a=crypto:2 / },
      `${parameter}: the other key is used`,
    );
  }
  for (const parameter of ["WSH=64", "WSH=128 -OPTIONAL", "-UNENCRYPTED_SRTP=perhaps", "\t WSH=64 "]) {
    t.match(
      readCryptoLine(`a=crypto:1 ${suite80} inline:${key30} ${parameter}`),
      { text: `a=crypto:1 ${suite80} inline:${key30}` },
      parameter,
    );
  }
  t.end();
});

await t.test("accepted forms of a crypto line, and the rewritten line", (t) => {
  const rows: readonly (readonly [what: string, line: string, text: string | undefined])[] = [
    ["a key alone", `a=crypto:1 ${suite80} inline:${key30}`, `a=crypto:1 ${suite80} inline:${key30}`],
    ["two spaces and a tab", `a=crypto:7  ${suite80}\tinline:${key30} `, `a=crypto:7 ${suite80} inline:${key30}`],
    ["GCM with padding", `a=crypto:1 AEAD_AES_128_GCM inline:${key28}`, `a=crypto:1 AEAD_AES_128_GCM inline:${key28}`],
    [
      "GCM without padding, as FreeSWITCH writes it",
      `a=crypto:1 AEAD_AES_256_GCM inline:${key44.replace("=", "")}`,
      `a=crypto:1 AEAD_AES_256_GCM inline:${key44}`,
    ],
    [
      "a lifetime as a power of two",
      `a=crypto:1 ${suite80} inline:${key30}|2^48`,
      `a=crypto:1 ${suite80} inline:${key30}`,
    ],
    [
      "a lifetime as a number",
      `a=crypto:1 ${suite80} inline:${key30}|1048576`,
      `a=crypto:1 ${suite80} inline:${key30}`,
    ],
    ["an MKI", `a=crypto:1 ${suite80} inline:${key30}|1:1`, `a=crypto:1 ${suite80} inline:${key30}|2^31|1:1`],
    [
      "a lifetime and an MKI",
      `a=crypto:1 ${suite80} inline:${key30}|2^20|255:1`,
      `a=crypto:1 ${suite80} inline:${key30}|2^31|255:1`,
    ],
    ["a lifetime of 0", `a=crypto:1 ${suite80} inline:${key30}|0`, undefined],
    ["a lifetime above 2^48", `a=crypto:1 ${suite80} inline:${key30}|2^49`, undefined],
    ["an MKI of 0 bytes", `a=crypto:1 ${suite80} inline:${key30}|1:0`, undefined],
    ["an MKI too large for its length", `a=crypto:1 ${suite80} inline:${key30}|256:1`, undefined],
    ["an MKI of 4 bytes, unsupported by FreeSWITCH", `a=crypto:1 ${suite80} inline:${key30}|2^20|1:4`, undefined],
    ["MKI before the lifetime", `a=crypto:1 ${suite80} inline:${key30}|1:1|2^20`, undefined],
    ["an empty third option", `a=crypto:1 ${suite80} inline:${key30}|2^20|1:1|`, undefined],
    ["an empty option", `a=crypto:1 ${suite80} inline:${key30}|`, undefined],
    ["two keys", `a=crypto:1 ${suite80} inline:${key30}|1:1;inline:${key30}|2:1`, undefined],
    ["a key of another suite's length", `a=crypto:1 ${suite80} inline:${key28}`, undefined],
    ["a key with extra bytes", `a=crypto:1 ${suite80} inline:${key30}AA==`, undefined],
    ["too much padding", `a=crypto:1 AEAD_AES_256_GCM inline:${key44}=`, undefined],
    ["invalid base64", `a=crypto:1 ${suite80} inline:${key30.slice(0, -1)}-`, undefined],
    ["an unknown suite", `a=crypto:1 AEAD_AES_256_GCM_8 inline:${key44}`, undefined],
    ["a tag of ten digits", `a=crypto:1234567890 ${suite80} inline:${key30}`, undefined],
    ["no tag", `a=crypto:${suite80} inline:${key30}`, undefined],
    ["a key by URI instead of inline", `a=crypto:1 ${suite80} uri:https://x`, undefined],
    ["another attribute", `a=cryptography:1 ${suite80} inline:${key30}`, undefined],
  ];
  for (const [what, line, text] of rows)
    t.equal(readCryptoLine(line)?.text, text, `${what}: ${text === undefined ? "rejected" : "accepted"}`);
  t.end();
});

await t.test("mangled crypto lines are rejected or rewritten", (t) => {
  const random = seeded(20_261_126);
  const clean =
    /^a=crypto:\d{1,9} (?:AES_CM_128_HMAC_SHA1_(?:80|32) inline:[A-Za-z0-9+/]{40}|AEAD_AES_128_GCM inline:[A-Za-z0-9+/]{38}==|AEAD_AES_256_GCM inline:[A-Za-z0-9+/]{59}=)(?:\|2\^31\|(?:[1-9]|[1-9]\d|1\d\d|2[0-4]\d|25[0-5]):1)?$/;
  const lines: readonly [string, ...string[]] = [
    `a=crypto:1 ${suite80} inline:${key30}|2^20|1:1 WSH=64`,
    `a=crypto:2 AEAD_AES_128_GCM inline:${key28}|1:1`,
    `a=crypto:3 AEAD_AES_256_GCM inline:${key44} UNENCRYPTED_SRTP`,
    `a=crypto:4 AES_CM_128_HMAC_SHA1_32 inline:${key30};inline:${key30}`,
  ];
  const noise: readonly [string, ...string[]] = [
    "",
    " ",
    "\t",
    "|",
    ":",
    ";",
    "^",
    "=",
    "%E4",
    "\0",
    "é",
    "-",
    "0",
    "9",
    "2^",
    "inline:",
    "|1:1",
    " WSH=",
    key30,
    "A".repeat(200),
  ];
  let used = 0;
  for (let round = 0; round < 20_000; round++) {
    let line = random.pick(lines);
    for (let changes = random.below(3); changes >= 0; changes--) {
      const at = random.below(line.length + 1);
      line = line.slice(0, at) + random.pick(noise) + line.slice(at + random.below(3));
    }
    const read = readCryptoLine(line);
    if (read !== undefined) used += 1;
    if (read !== undefined && !clean.test(read.text)) t.fail("not clean", { line, read });
    const passed = readOffer(offerWith(line, "RTP/AVP"))
      .forMediaServer.split(/\r\n|\n/)
      .filter((text) => /^a=crypto:/i.test(text));
    if (!passed.every((text) => clean.test(text))) t.fail("not clean in the offer", { line, passed });
  }
  t.ok(used > 100, `lines that are still good: ${used}`);
  t.end();
});
