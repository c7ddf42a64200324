import { type CryptoLine, readCryptoLine } from "./crypto-line.js";
import type { Direction, MediaDescription, SessionDescription } from "./sdp.js";

/** An audio line that the media server supports, plain or with SDES keys. */
export interface AudioOffer {
  readonly kind: "sdes" | "plain";
  readonly media: MediaDescription;
  readonly crypto: readonly CryptoLine[];
}

const maxCryptoLines = 32;
const defaultDirection: Direction = "sendrecv";

/** Reads an `m=` line; `undefined` if it is not usable audio. */
export function readAudioOffer(media: MediaDescription): AudioOffer | undefined {
  if (media.type !== "audio" || media.port === 0 || media.connection === undefined || payloadTypes(media).length === 0)
    return undefined;
  const crypto = cryptoLinesOf(media.lines);
  switch (media.protocol.toUpperCase()) {
    case "RTP/SAVP":
    case "RTP/SAVPF":
      return crypto.length > 0 ? { kind: "sdes", media, crypto } : undefined;
    case "RTP/AVP":
      return { kind: crypto.length > 0 ? "sdes" : "plain", media, crypto };
    default:
      return undefined;
  }
}

/**
 * Writes a new SDP with one audio line and only the attributes that the media server needs; DTLS, ICE, rtcp-mux, names and
 * unknown attributes are dropped. FreeSWITCH prefers DTLS to SDES, 1.10.12 reads STUN attributes out of bounds, and
 * drachtio-modesl cannot decode escapes that are not UTF-8 (docs/reference/engines.md).
 */
export function writeAudioOffer(
  session: SessionDescription,
  { media, crypto }: AudioOffer,
  profile: string,
  direction = directionOf(media),
): string {
  const connection = media.connection ?? "";
  const payloads = payloadTypes(media);
  return [
    "v=0",
    `o=- ${session.id} ${session.version} ${connection}`,
    "s=-",
    `c=${connection}`,
    "t=0 0",
    `m=audio ${media.port} ${profile} ${payloads.join(" ")}`,
    ...media.lines.flatMap((line) => codecLine(line, payloads) ?? []),
    `a=${direction}`,
    ...crypto.map((key) => key.text),
    "",
  ].join("\r\n");
}

/** The address 0.0.0.0 means hold (RFC 2543, RFC 3264 section 8.4). FreeSWITCH would send RTP to its own host. */
function directionOf({ connection, direction = defaultDirection }: MediaDescription): Direction {
  if (connection !== "IN IP4 0.0.0.0" && connection !== "IN IP6 ::") return direction;
  return direction === "sendrecv" || direction === "sendonly" ? "sendonly" : "inactive";
}

function cryptoLinesOf(lines: readonly string[]): CryptoLine[] {
  const crypto = lines.flatMap((line) => readCryptoLine(line) ?? []);
  // The answer refers to a key by its tag, so tags must be unique (RFC 4568 section 4.1).
  return crypto
    .filter((key, index) => crypto.findIndex(({ tag }) => tag === key.tag) === index)
    .slice(0, maxCryptoLines);
}

function payloadTypes(media: MediaDescription): string[] {
  return media.formats
    .filter((format) => /^\d{1,3}$/.test(format) && Number(format) <= 127)
    .map((format) => String(Number(format)));
}

/** Rewrites `rtpmap`, `fmtp`, `ptime` and `maxptime`; `undefined` for other lines and for payload types not in the `m=` line. */
function codecLine(line: string, payloads: readonly string[]): string | undefined {
  const [, map, name = "", rate = "", channels] =
    /^a=rtpmap:[ \t]*(\d{1,3})[ \t]+([A-Za-z0-9._-]{1,40})\/(\d{1,6})(?:\/(\d{1,2}))?[ \t]*$/i.exec(line) ?? [];
  if (map !== undefined)
    return isKnown(map, payloads)
      ? `a=rtpmap:${Number(map)} ${name}/${rate}${channels === undefined ? "" : `/${channels}`}`
      : undefined;
  const [, format, parameters = ""] =
    /^a=fmtp:[ \t]*(\d{1,3})[ \t]+([\x21-\x24\x26-\x7e][\x20-\x24\x26-\x7e]{0,199})$/i.exec(line) ?? [];
  if (format !== undefined)
    return isKnown(format, payloads) ? `a=fmtp:${Number(format)} ${parameters.trimEnd()}` : undefined;
  const [, attribute = "", milliseconds] = /^a=(ptime|maxptime):[ \t]*(\d{1,3})[ \t]*$/i.exec(line) ?? [];
  return milliseconds === undefined ? undefined : `a=${attribute.toLowerCase()}:${Number(milliseconds)}`;
}

function isKnown(payload: string, payloads: readonly string[]): boolean {
  return payloads.includes(String(Number(payload)));
}
