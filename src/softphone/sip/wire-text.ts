import { Buffer, isUtf8 } from "node:buffer";

/**
 * SIP messages are strings here and bytes on the wire, possibly not UTF-8: an invalid byte becomes a lone surrogate,
 * U+DC80 to U+DCFF, and the same byte again when sent (`surrogateescape` of Python, PEP 383).
 */
const escapeBase = 0xdc00;
const escaped = /([\uDC80-\uDCFF])/u;
const maxCharacterBytes = 4;

/** The character for a byte that is not UTF-8. */
export function rawByte(byte: number): string {
  return String.fromCharCode(escapeBase + byte);
}

export function toWire(text: string): Buffer {
  if (!escaped.test(text)) return Buffer.from(text);
  return Buffer.concat(
    text
      .split(escaped)
      .map((part) => (escaped.test(part) ? Buffer.of(part.charCodeAt(0) - escapeBase) : Buffer.from(part))),
  );
}

export function fromWire(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString();
  const parts: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = characterAt(bytes, at);
    parts.push(length === 0 ? rawByte(bytes[at] ?? 0) : bytes.toString("utf8", at, at + length));
    at += Math.max(1, length);
  }
  return parts.join("");
}

/** Length in bytes of the character at `at`; 0 if not UTF-8. */
function characterAt(bytes: Buffer, at: number): number {
  for (let length = 1; length <= maxCharacterBytes && at + length <= bytes.length; length++) {
    if (isUtf8(bytes.subarray(at, at + length))) return length;
  }
  return 0;
}
