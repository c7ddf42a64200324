import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";

import type { Mark } from "./mark.js";

/** The reading of the bytes in which a form is searched, see `readings.ts`. */
export type ReadingName = "raw" | "lower" | "joined" | "spelled";

/** One possible encoding of a mark. */
export interface Needle {
  readonly form: string;
  readonly reading: ReadingName;
  readonly bytes: Buffer;
}

/** The forms, for the report. */
export const formNames = [
  "plain digits, with +49, 0049, 49, 0 or nothing before them",
  "with separators between the digits",
  "percent-encoded, \\u and \\x escapes, HTML entities, quoted-printable",
  "reversed, as in ENUM",
  "digit by digit, as DTMF is logged",
  "base64 and base64url, at each alignment",
  "hexadecimal, of ASCII and UTF-16",
  "UTF-16, both byte orders",
  "BCD, plain and swapped as in ISUP",
  "64-bit integer, both byte orders",
  "MD5, SHA-1, SHA-256 and SHA-512 without a key, as bytes, hexadecimal and base64",
  "gzip around any of these",
] as const;

const hashes = ["md5", "sha1", "sha256", "sha512"] as const;

/** All searched forms of a mark. */
export function needlesOf(mark: Mark): readonly Needle[] {
  const text = mark.reveal();
  const core = coreOf(mark);
  return [
    ...textForms(core, mark.kind === "name" ? "lower" : "joined"),
    ...(mark.kind === "name" ? [] : digitForms(core)),
    ...encodings(core),
    ...integers(mark),
    ...variantsOf(mark, text, core).flatMap(hashForms),
  ];
}

/** The common part of all notations: a number without its country code. */
export function coreOf(mark: Mark): string {
  return mark.kind === "number" ? mark.reveal().replace(/^\+49/, "") : mark.reveal();
}

function variantsOf({ kind }: Mark, text: string, core: string): readonly string[] {
  return kind === "number" ? [text, text.slice(1), `00${text.slice(1)}`, `0${core}`, core] : [text];
}

function textForms(core: string, reading: ReadingName): readonly Needle[] {
  const reversed = core.split("").reverse().join("");
  return [
    { form: "plain", reading, bytes: Buffer.from(core) },
    { form: "backwards", reading, bytes: Buffer.from(reversed) },
  ];
}

function digitForms(core: string): readonly Needle[] {
  return [{ form: "digit by digit", reading: "spelled", bytes: Buffer.from(core) }, ...bcd(core)];
}

function encodings(core: string): readonly Needle[] {
  const ascii = Buffer.from(core);
  const little = Buffer.from(core, "utf16le");
  const big = Buffer.from(little).swap16();
  return [
    { form: "UTF-16LE", reading: "raw", bytes: little },
    { form: "UTF-16BE", reading: "raw", bytes: big },
    ...[ascii, little, big].map((bytes): Needle => ({
      form: "hexadecimal",
      reading: "lower",
      bytes: Buffer.from(bytes.toString("hex")),
    })),
    {
      form: "hexadecimal with separators",
      reading: "lower",
      bytes: Buffer.from(
        core
          .split("")
          .map((char) => char.charCodeAt(0).toString(16))
          .join(":"),
      ),
    },
    {
      form: "hexadecimal with separators",
      reading: "lower",
      bytes: Buffer.from(
        core
          .split("")
          .map((char) => char.charCodeAt(0).toString(16))
          .join(" "),
      ),
    },
    ...[ascii, little].flatMap(base64Forms),
  ];
}

/** Base64 of the text within a longer one: three alignments, without characters that depend on neighbouring bytes. */
function base64Forms(text: Buffer): readonly Needle[] {
  return [0, 1, 2].flatMap((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), text]).toString("base64");
    const inner = whole.slice(Math.ceil((before * 8) / 6), Math.floor(((before + text.length) * 8) / 6));
    return [...new Set([inner, inner.replace(/\+/g, "-").replace(/\//g, "_")])].map((each): Needle => ({
      form: "base64",
      reading: "raw",
      bytes: Buffer.from(each),
    }));
  });
}

/** Two digits per byte, padded with F or 0; also nibble-swapped as in Q.763. */
function bcd(core: string): readonly Needle[] {
  const filled =
    core.length % 2 === 0 ? [core, `f${core}f`, `0${core}f`] : [`${core}f`, `${core}0`, `f${core}`, `0${core}`];
  return filled.flatMap((digits) => [
    { form: "BCD", reading: "raw", bytes: Buffer.from(digits, "hex") },
    { form: "swapped BCD", reading: "raw", bytes: Buffer.from(digits.replace(/(.)(.)/g, "$2$1"), "hex") },
  ]);
}

function integers(mark: Mark): readonly Needle[] {
  if (mark.kind === "name") return [];
  const value = BigInt(mark.reveal().replace("+", ""));
  const big = Buffer.alloc(8);
  big.writeBigUInt64BE(value);
  const little = Buffer.alloc(8);
  little.writeBigUInt64LE(value);
  return [big, little].map((bytes) => ({ form: "64-bit integer", reading: "raw", bytes }));
}

function hashForms(text: string): readonly Needle[] {
  return hashes.flatMap((hash): readonly Needle[] => {
    const digest = createHash(hash).update(text).digest();
    const form = `${hash.toUpperCase()} without a key`;
    return [
      { form, reading: "raw", bytes: digest },
      { form, reading: "lower", bytes: Buffer.from(digest.toString("hex")) },
      { form, reading: "raw", bytes: Buffer.from(digest.toString("base64").replace(/=+$/, "")) },
      { form, reading: "raw", bytes: Buffer.from(digest.toString("base64url")) },
    ];
  });
}
