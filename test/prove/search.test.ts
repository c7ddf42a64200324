import { createHash } from "node:crypto";
import { inspect } from "node:util";
import { gzipSync } from "node:zlib";

import t from "tap";

import { Mark } from "../../src/prove/mark.js";
import { Search } from "../../src/prove/search.js";

const number = new Mark("number", "the number", "+493023125678");
const pin = new Mark("pin", "the PIN", "41739205861");
const name = new Mark("name", "the name", "qwjzkvxplmno");

function forms(marks: readonly Mark[], bytes: Buffer | string): readonly string[] {
  return new Search(marks).in([{ source: "a log", bytes: Buffer.from(bytes) }]).map(({ form }) => form);
}

const sha = (hash: string, text: string): Buffer => createHash(hash).update(text).digest();
const percent = (text: string): string => text.replace(/./g, (char) => `%${char.charCodeAt(0).toString(16)}`);

await t.test("a number is found in every encoding and hash", (t) => {
  for (const [what, bytes] of [
    ["E.164", "From: <sip:+493023125678@x>"],
    ["00 prefix", "call from 00493023125678"],
    ["national form", "caller 03023125678,"],
    ["with spaces and hyphens", "+49 30 231-25 678"],
    ["with brackets", "+49 (30) 23125/678"],
    ["with no-break spaces", "+49\u00a030\u202f23125\u00a0678"],
    ["percent-encoded", `sip:${percent("+493023125678")}@x`],
    ["percent-encoded twice", `sip:${percent(percent("3023125678"))}@x`],
    ["partly percent-encoded", "sip:%2B49%33%30231256%378@x"],
    ["JSON escapes", "\\u0033\\u0030\\u0032\\u0033125678"],
    ["HTML entities", "&#51;&#48;&#x32;&#x33;125678"],
    ["quoted-printable", "=33=30=32=33125678"],
    ["ENUM", "8.7.6.5.2.1.3.2.0.3.9.4.e164.arpa"],
    ["base64 of JSON", Buffer.from('{"from":"+493023125678"}').toString("base64")],
    ["base64url", Buffer.from("??>+493023125678<??").toString("base64url")],
    ["hexadecimal", Buffer.from("+493023125678").toString("hex").toUpperCase()],
    ["hexadecimal with colons", "33:30:32:33:31:32:35:36:37:38"],
    ["UTF-16, little endian", Buffer.from("tel +493023125678", "utf16le")],
    ["UTF-16, big endian", Buffer.from("tel +493023125678", "utf16le").swap16()],
    ["BCD", Buffer.from("ff3023125678ff", "hex")],
    ["swapped BCD", Buffer.from("0332215287".slice(0, 6) + "6587", "hex")],
    ["64-bit integer", integer(493023125678n)],
    ["SHA-256 of E.164 as hexadecimal", sha("sha256", "+493023125678").toString("hex")],
    ["SHA-1 of the national form as base64", sha("sha1", "03023125678").toString("base64")],
    ["MD5 as bytes", sha("md5", "493023125678")],
    ["SHA-512 of the 00 form as base64url", sha("sha512", "00493023125678").toString("base64url")],
    ["gzip", gzipSync("From: <sip:+493023125678@x>")],
  ] as const) {
    t.equal(forms([number], bytes).length, 1, `${what}: found`);
  }
  t.end();
});

function integer(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

await t.test("a PIN and a display name are found", (t) => {
  const keys = pin
    .reveal()
    .split("")
    .map(
      (digit) =>
        `2026-11-26 15:38:40.476981 76.73% [INFO] switch_channel.c:528 RECV DTMF ${digit}:960\n2026-11-26 switch_rtp.c:7943 RTP RECV DTMF ${digit}:960\n`,
    )
    .join("");
  const info = pin
    .reveal()
    .split("")
    .map((digit) => `Signal=${digit}\r\nDuration=160\r\n`)
    .join("\r\n");
  for (const bytes of [
    "sofia/bbb/41739205861@bbb",
    keys,
    info,
    Buffer.from("41739205861", "utf16le"),
    sha("md5", "41739205861").toString("hex"),
  ])
    t.equal(forms([pin], bytes).length, 1, JSON.stringify(String(bytes).slice(0, 80)));
  for (const bytes of [
    'From: "QWJZkvxplmno" <sip:x>',
    Buffer.from("qwjzkvxplmno").toString("base64"),
    Buffer.from("qwjzkvxplmno").toString("hex"),
  ])
    t.equal(forms([name], bytes).length, 1);
  t.end();
});

await t.test("permitted or different digits are not found", (t) => {
  for (const bytes of [
    "label 5678",
    "caller 5678, +49302312",
    "+493023125679 +493023125677",
    "2026-11-26 15:38:40.476981 port 30231, 25679 packets",
    sha("sha256", "key of the day+493023125678").toString("hex"),
    "4173920586 and 1739205861",
    "RECV DTMF 4:960\nRECV DTMF 1:960\nRECV DTMF 7:960\n",
    "",
  ]) {
    t.strictSame(forms([number, pin, name], bytes), [], bytes);
  }
  t.end();
});

await t.test("a hit shows its place and context without a digit", (t) => {
  const [hit] = new Search([number]).in([
    { source: "a log", bytes: Buffer.from("first 111\nINVITE from +493023125678 to 4711\nlast") },
  ]);
  t.match(hit, { source: "a log", form: "plain", around: "INVITE from +##[mark] to ####" });
  t.notMatch(`${inspect(hit)} ${JSON.stringify(hit)}`, /3023125678/, "and the hit itself prints no digit");
  t.end();
});
