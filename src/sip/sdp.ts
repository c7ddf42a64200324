import { isIP } from "node:net";

/** A media section (RFC 4566 section 5.14). */
export interface MediaDescription {
  readonly type: string;
  readonly port: number;
  readonly protocol: string;
  readonly formats: readonly string[];
  /** `IN IP4 192.0.2.1`, of the media section or else of the session. */
  readonly connection: string | undefined;
  readonly direction: Direction | undefined;
  /** All lines below the `m=` line. */
  readonly lines: readonly string[];
}

export interface SessionDescription {
  /** From `o=`; "0" if it is not a number. */
  readonly id: string;
  readonly version: string;
  readonly media: readonly MediaDescription[];
}

export type Direction = "sendrecv" | "sendonly" | "recvonly" | "inactive";

/** Ten times the SDP of a telephone with video and ICE; a longer SDP is rejected. */
const maxLength = 64 * 1024;
const maxMedia = 32;
const maxFormats = 64;

/** `token` of RFC 4566 section 9, plus the slash of protocols. */
const token = /^[A-Za-z0-9!#$%&'*+\-.^_`{|}~/]{1,64}$/;

/** Parses an SDP; tolerates several spaces between fields. `undefined` if it is malformed or exceeds the limits. */
export function readSdp(text: string): SessionDescription | undefined {
  if (text.length > maxLength) return undefined;
  const [session = [], ...sections] = split(text);
  if (sections.length > maxMedia) return undefined;
  const [, id, version] = fieldsOf(session.find((line) => /^o=/i.test(line)));
  const connection = connectionIn(session);
  const direction = directionIn(session);
  const media: MediaDescription[] = [];
  for (const [first, ...lines] of sections) {
    const [type = "", ports = "", protocol = "", ...formats] = fieldsOf(first);
    const port = /^(\d{1,5})(?:\/\d{1,5})?$/.exec(ports)?.[1];
    const isReadable =
      port !== undefined && Number(port) <= 65_535 && formats.length > 0 && formats.length <= maxFormats;
    if (!isReadable || ![type, protocol, ...formats].every((word) => token.test(word))) return undefined;
    media.push({
      type: type.toLowerCase(),
      port: Number(port),
      protocol,
      formats,
      connection: connectionIn(lines) ?? connection,
      direction: directionIn(lines) ?? direction,
      lines,
    });
  }
  return { id: numberOf(id), version: numberOf(version), media };
}

/** Splits into the lines of the session and of each media section. */
function split(text: string): string[][] {
  const parts: string[][] = [[]];
  for (const line of text.split(/\r\n|\n|\r/)) {
    if (/^m=/i.test(line)) parts.push([]);
    if (line !== "") parts.at(-1)?.push(line);
  }
  return parts;
}

function fieldsOf(line: string | undefined): string[] {
  return (
    line
      ?.slice(2)
      .split(/[ \t]+/)
      .filter((field) => field !== "") ?? []
  );
}

/** Without multicast suffixes; host names are allowed (RFC 4566 section 5.7). */
function connectionIn(lines: readonly string[]): string | undefined {
  const [, version = "", text = ""] = fieldsOf(lines.find((line) => /^c=IN[ \t]/i.test(line)));
  const address = text.split("/")[0] ?? "";
  const family = isIP(address);
  if (family !== 0) return `IN IP${family} ${address}`;
  return /^IP[46]$/i.test(version) && /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(address)
    ? `IN ${version.toUpperCase()} ${address}`
    : undefined;
}

function directionIn(lines: readonly string[]): Direction | undefined {
  for (const line of lines) {
    const [, direction] = /^a=(sendrecv|sendonly|recvonly|inactive)[ \t]*$/i.exec(line) ?? [];
    if (direction !== undefined) return direction.toLowerCase() as Direction;
  }
  return undefined;
}

/** FreeSWITCH reads 64 bits: keep the last digits, which are the ones that change. */
function numberOf(text: string | undefined): string {
  return text !== undefined && /^\d+$/.test(text) ? text.slice(-18) : "0";
}
