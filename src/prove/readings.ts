import { Buffer } from "node:buffer";

import type { ReadingName } from "./needles.js";

/** Different readings of the same bytes, for marks in different encodings. */
export type Readings = Readonly<Record<ReadingName, readonly Buffer[]>>;

/** Maximum depth of nested encodings. */
const maxDecodings = 2;

/** Common separators between digits; U+00A0 and U+202F as UTF-8 bytes. */
const separators = /(?<=[0-9])[ \t\-./()_+:,*\u00c2\u00a0\u00e2\u0080\u00af]{1,4}(?=[0-9])/g;

/** A log line about DTMF, such as in FreeSWITCH (`RECV DTMF 5:960`, `Digit 5`) or SIP INFO (`Signal=5`). */
const keyLine = /dtmf|digit|signal|packet for|\bkey\b|telephone-event|4733|2833/i;
/** A single digit without adjacent digits. */
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

/** Decodes escapes of single characters. */
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

/** The DTMF digits of a log in order, separately for each kind of line, because one digit may be logged by several. */
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
