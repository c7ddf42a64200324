import { crc32 } from "node:zlib";

/**
 * A journal line: the CRC-32 of the JSON as eight hex digits, a space, the JSON. Each line is one write, so a crash can
 * only damage the last one.
 */
export function encodeLine(entries: readonly unknown[]): Buffer {
  const json = Buffer.from(JSON.stringify(entries));
  return Buffer.concat([Buffer.from(`${checksum(json)} `), json, Buffer.from("\n")]);
}

/** The entries of a line (without line break); `undefined` if it is damaged. */
export function decodeLine(line: Buffer): readonly unknown[] | undefined {
  const json = line.subarray(9);
  if (line.length < 11 || line.toString("latin1", 0, 9) !== `${checksum(json)} `) return undefined;
  try {
    const entries: unknown = JSON.parse(json.toString("utf8"));
    return Array.isArray(entries) ? entries : undefined;
  } catch {
    return undefined;
  }
}

function checksum(bytes: Buffer): string {
  return crc32(bytes).toString(16).padStart(8, "0");
}
