import { Buffer } from "node:buffer";

import type { ReadingName } from "./needles.js";

/** The same bytes, read in the ways in which a mark can hide in them. */
export type Readings = Readonly<Record<ReadingName, readonly Buffer[]>>;

/** Encodings inside of encodings are undone so often. */
const maxDecodings = 2;

/** What people and programs put between digits; U+00A0 and U+202F are there as the bytes of UTF-8. */
const separators = /(?<=[0-9])[ \t\-./()_+:,*\u00c2\u00a0\u00e2\u0080\u00af]{1,4}(?=[0-9])/g;

/** A line about a key, as FreeSWITCH (`RECV DTMF 5:960`, `Digit 5`), SIP INFO (`Signal=5`) and others write it. */
const keyLine = /dtmf|digit|signal|packet for|\bkey\b|telephone-event|4733|2833/i;
/** A key is one digit with nothing of a number beside it. */
const singleDigit = /(?<![0-9A-Za-z.])[0-9](?![0-9A-Za-z.])/;

export function readingsOf(bytes: Buffer): Readings {
  const text = bytes.toString("latin1");
  const decoded = decode(text);
  return {
    raw: [bytes],
    lower: [text, ...(decoded === text ? [] : [decoded])].map((each) => Buffer.from(each.toLowerCase(), "latin1")),
    joined: [text, ...(decoded === text ? [] : [decoded])].map((each) =>
      Buffer.from(each.replace(separators, ""), "latin1"),
    ),
    spelled: spelled(text),
  };
}

/** Undoes the encodings that stand for one character each. */
function decode(text: string): string {
  let decoded = text;
  for (let round = 0; round < maxDecodings; round++) {
    const before = decoded;
    decoded = decoded
      .replace(/%([2-7][0-9a-fA-F])/g, fromHex)
      .replace(/\\u00([2-7][0-9a-fA-F])/g, fromHex)
      .replace(/\\x([2-7][0-9a-fA-F])/g, fromHex)
      .replace(/&#x0*([2-7][0-9a-fA-F]);/g, fromHex)
      .replace(/&#0*([0-9]{2,3});/g, (_whole, code: string) => String.fromCharCode(Number(code)))
      .replace(/=([2-7][0-9A-F])/g, fromHex);
    if (decoded === before) break;
  }
  return decoded;
}

function fromHex(_whole: string, code: string): string {
  return String.fromCharCode(Number.parseInt(code, 16));
}

/** The keys of a log, one after the other, for each kind of line of its own: one key may be told in several of them. */
function spelled(text: string): Buffer[] {
  const kinds = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const about = keyLine.exec(line);
    const digit = about === null ? undefined : singleDigit.exec(line.slice(about.index))?.[0];
    if (digit === undefined) continue;
    const kind = line.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "").replace(/[0-9]+/g, "#");
    const digits = kinds.get(kind);
    if (digits === undefined) kinds.set(kind, [digit]);
    else digits.push(digit);
  }
  return [...kinds.values()].map((digits) => Buffer.from(digits.join("")));
}
