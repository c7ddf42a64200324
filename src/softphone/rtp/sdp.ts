import { isIPv4 } from "node:net";

import sdpTransform from "sdp-transform";

import { failure, type Result, success } from "../../util/result.js";
import { telephoneEventPayloadType } from "./dtmf.js";
import { type CodecName, payloadTypes } from "./g711.js";
import { type CryptoLine, keyParameters, parseCryptoLine } from "./sdes.js";

export type MediaProfile = "RTP/SAVP" | "RTP/AVP";
export type Direction = "sendrecv" | "sendonly" | "recvonly" | "inactive";

export interface NegotiationFailure {
  readonly kind:
    | "malformed"
    | "noAudio"
    | "noCommonCodec"
    | "secureMediaRequired"
    | "secureMediaNotOffered"
    | "secureMediaRefused"
    | "noCommonSuite"
    | "badState";
  /** For the log and the Warning header; holds no addresses or keys. */
  readonly detail: string;
}

/** An m= line of the peer. */
export interface RemoteMedia {
  readonly index: number;
  readonly type: string;
  readonly port: number;
  readonly protocol: string;
  readonly payloads: string;
  readonly address: string;
  readonly direction: Direction;
  /** In the peer's order of preference. */
  readonly codecs: readonly { readonly name: CodecName; readonly payloadType: number }[];
  readonly telephoneEvent: number | undefined;
  readonly hadCrypto: boolean;
  readonly crypto: readonly CryptoLine[];
}

const maxSdp = 16_384;
const maxMedia = 16;
const directions: readonly string[] = ["sendrecv", "sendonly", "recvonly", "inactive"];

function isDirection(text: string | undefined): text is Direction {
  return text !== undefined && directions.includes(text);
}

function codecName(encoding: string): CodecName | undefined {
  const upper = encoding.toUpperCase();
  return upper === "PCMA" || upper === "PCMU" ? upper : undefined;
}

/** sdp-transform returns a number for numeric text, contrary to its types. */
function text(value: unknown): string {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}

function audioFormats(media: sdpTransform.MediaDescription): Pick<RemoteMedia, "codecs" | "telephoneEvent"> {
  const mapped = new Map(media.rtp.map((rtp) => [rtp.payload, rtp]));
  const codecs: { name: CodecName; payloadType: number }[] = [];
  let telephoneEvent: number | undefined;
  for (const payloadType of text(media.payloads)
    .split(/\s+/)
    .filter((word) => word !== "")
    .map(Number)) {
    if (!Number.isInteger(payloadType) || payloadType < 0 || payloadType > 127) continue;
    const rtp = mapped.get(payloadType);
    if (rtp !== undefined && (rtp.rate ?? 8000) !== 8000) continue;
    if (rtp !== undefined && text(rtp.codec).toLowerCase() === "telephone-event") telephoneEvent ??= payloadType;
    const fixed = payloadType === payloadTypes.PCMA ? "PCMA" : payloadType === payloadTypes.PCMU ? "PCMU" : undefined;
    const name = rtp === undefined ? fixed : codecName(text(rtp.codec));
    if (name !== undefined) codecs.push({ name, payloadType });
  }
  return { codecs, telephoneEvent };
}

function parse(sdp: string): Result<sdpTransform.SessionDescription, NegotiationFailure> {
  if (sdp.length > maxSdp) return failure({ kind: "malformed", detail: "session description too long" });
  try {
    const session = sdpTransform.parse(sdp);
    if (session.media.length > maxMedia) return failure({ kind: "malformed", detail: "too many media lines" });
    return success(session);
  } catch {
    return failure({ kind: "malformed", detail: "unreadable session description" });
  }
}

/** Reads all m= lines, in order. */
export function parseRemoteSdp(sdp: string): Result<readonly RemoteMedia[], NegotiationFailure> {
  const parsed = parse(sdp);
  if (!parsed.ok) return parsed;
  const session = parsed.value;
  const lines = session.media.map((media, index): RemoteMedia => {
    const direction = media.direction ?? session.direction;
    const address = text(media.connection?.ip ?? session.connection?.ip);
    // RFC 2543 phones put a call on hold with 0.0.0.0.
    const held = address === "0.0.0.0";
    return {
      index,
      type: text(media.type),
      port: Number.isInteger(media.port) && media.port >= 0 && media.port <= 65535 ? media.port : 0,
      protocol: text(media.protocol).toUpperCase(),
      payloads: text(media.payloads),
      address,
      direction: held ? "inactive" : isDirection(direction) ? direction : "sendrecv",
      ...audioFormats(media),
      hadCrypto: (media.crypto ?? []).length > 0,
      crypto: (media.crypto ?? []).flatMap(
        (line) =>
          parseCryptoLine({
            id: line.id,
            suite: text(line.suite),
            config: text(line.config),
            sessionConfig: text(line.sessionConfig),
          }) ?? [],
      ),
    };
  });
  if (!lines.some((line) => line.type === "audio" && line.port !== 0)) {
    return failure({ kind: "noAudio", detail: "no audio line" });
  }
  if (!lines.every((line) => line.type !== "audio" || line.port === 0 || isIPv4(line.address))) {
    return failure({ kind: "malformed", detail: "audio without an IPv4 address" });
  }
  return success(lines);
}

/** The content of our own audio line. */
export interface LocalMedia {
  readonly address: string;
  readonly port: number;
  readonly sessionId: number;
  readonly sessionVersion: number;
  readonly profile: MediaProfile;
  readonly codecs: readonly { readonly name: CodecName; readonly payloadType: number }[];
  readonly telephoneEvent: number | undefined;
  readonly crypto: readonly CryptoLine[];
  readonly direction: Direction;
  /** A second line for the same port, RTP/AVP without crypto. */
  readonly plainToo: boolean;
}

type MediaLine = sdpTransform.MediaDescription;

function audioLine(local: LocalMedia): MediaLine {
  const event = local.telephoneEvent;
  return {
    type: "audio",
    port: local.port,
    protocol: local.profile,
    payloads: [...local.codecs.map((codec) => codec.payloadType), ...(event === undefined ? [] : [event])].join(" "),
    rtp: [
      ...local.codecs.map((codec) => ({ payload: codec.payloadType, codec: codec.name, rate: 8000 })),
      ...(event === undefined ? [] : [{ payload: event, codec: "telephone-event", rate: 8000 }]),
    ],
    fmtp: event === undefined ? [] : [{ payload: event, config: "0-15" }],
    crypto: local.crypto.map((line) => ({ id: line.tag, suite: line.suite, config: keyParameters(line) })),
    ptime: 20,
    direction: local.direction,
  };
}

/** @param refused the other m= lines of an offer, answered in place with port 0 (RFC 3264 section 6). */
export function writeSdp(local: LocalMedia, at = 0, refused: readonly RemoteMedia[] = []): string {
  const media: MediaLine[] = refused.map((line) => ({
    type: line.type,
    port: 0,
    protocol: line.protocol,
    payloads: line.payloads === "" ? "0" : line.payloads,
    rtp: [],
    fmtp: [],
  }));
  media.splice(at, 0, audioLine(local));
  if (local.plainToo) media.push(audioLine({ ...local, profile: "RTP/AVP", crypto: [] }));
  return sdpTransform.write({
    version: 0,
    origin: {
      username: "FreeSWITCH",
      sessionId: local.sessionId,
      sessionVersion: local.sessionVersion,
      netType: "IN",
      ipVer: 4,
      address: local.address,
    },
    name: "FreeSWITCH",
    connection: { version: 4, ip: local.address },
    timing: { start: 0, stop: 0 },
    media,
  });
}

export const offeredTelephoneEvent = telephoneEventPayloadType;
