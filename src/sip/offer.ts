import type { OfferKind } from "../call/interfaces.js";
import { detached } from "../util/detached.js";
import { readAudioOffer, writeAudioOffer } from "./audio-offer.js";
import { sdpIn } from "./message-body.js";
import { readSdp } from "./sdp.js";
import type { SrfMessage } from "./srf.js";

/** The caller's SDP, parsed and rewritten for the media server. */
export interface Offer {
  readonly kind: OfferKind;
  readonly forMediaServer: string;
  /** The same audio as `inactive`, so that the media server neither sends nor expects RTP. */
  readonly onHold: string;
  /** The `m=` lines, which the answer must mirror with their profiles (RFC 3264 section 6). */
  readonly media: readonly MediaLine[];
  /** Index of the line for the media server; -1 for none. */
  readonly chosen: number;
  /** All audio lines have port 0: the caller has disabled audio (RFC 3264 section 8.2). */
  readonly isSwitchedOff: boolean;
  /** The direction is not `sendrecv`, or the address is RFC 2543's 0.0.0.0: RTP may stop. */
  readonly isOnHold: boolean;
}

/** An `m=` line, to be mirrored in the answer. */
export interface MediaLine {
  readonly type: string;
  readonly profile: string;
  readonly formats: string;
}

type Profile = "RTP/AVP" | "RTP/SAVP";

/**
 * Reads the caller's SDP. drachtio-fsmrf 4.1.2 treats `RTP/SAVP` as DTLS and throws (lib/mediaserver.js), so the media
 * server is offered `RTP/AVP` with the SDES keys: it answers `RTP/SAVP` if `rtp_allow_crypto_in_avp` is set.
 * Of several audio lines the encrypted one is used and the others are rejected.
 */
export function readOffer(sdp: string): Offer {
  return read(sdp, "RTP/AVP");
}

/**
 * Reads the SDP of a re-INVITE, an UPDATE or an ACK. In an encrypted channel FreeSWITCH rejects keys in `RTP/AVP` (port 0)
 * and accepts `RTP/SAVP`.
 */
export function readNewOffer(sdp: string): Offer {
  return read(sdp, "RTP/SAVP");
}

/** The offer of an INVITE with an unsupported body type. */
export const unsupportedOffer: Offer = without("unsupported-body");

/** Reads the SDP in a message's body; kind `none` without SDP. */
export function offerIn(message: SrfMessage, readSession: (sdp: string) => Offer): Offer {
  const header = (name: string): string => message.get(name) ?? "";
  const sdp = sdpIn({
    type: header("Content-Type"),
    disposition: header("Content-Disposition"),
    encoding: header("Content-Encoding"),
    text: message.body ?? "",
  });
  return sdp === undefined ? unsupportedOffer : readSession(sdp);
}

function read(sdp: string, profileWithKeys: Profile): Offer {
  if (sdp.trim() === "") return without("none");
  const session = readSdp(sdp);
  if (session === undefined) return without("unusable");
  const media = session.media.map(({ type, protocol, formats }) => ({
    type: detached(type),
    profile: detached(protocol),
    formats: detached(formats.join(" ")),
  }));
  const audio = session.media.map(readAudioOffer);
  const kinds = audio.map((offer) => offer?.kind);
  const chosen = kinds.includes("sdes") ? kinds.indexOf("sdes") : kinds.indexOf("plain");
  const offer = audio[chosen];
  if (offer === undefined) {
    const lines = session.media.filter(({ type }) => type === "audio");
    return { ...without("unusable"), media, isSwitchedOff: lines.length > 0 && lines.every(({ port }) => port === 0) };
  }
  const isSecure = offer.kind === "sdes";
  return {
    kind: offer.kind,
    forMediaServer: detached(writeAudioOffer(session, offer, isSecure ? profileWithKeys : "RTP/AVP")),
    onHold: detached(writeAudioOffer(session, offer, isSecure ? "RTP/SAVP" : "RTP/AVP", "inactive")),
    media,
    chosen,
    isSwitchedOff: false,
    isOnHold: (offer.media.direction ?? "sendrecv") !== "sendrecv" || offer.media.connection === "IN IP4 0.0.0.0",
  };
}

function without(kind: OfferKind): Offer {
  return { kind, forMediaServer: "", onHold: "", media: [], chosen: -1, isSwitchedOff: false, isOnHold: false };
}

/** The caller's current SDP for a new channel, in the profile of `readOffer`. */
export function forNewChannel({ forMediaServer }: Offer): string {
  return forMediaServer.replace(/^(m=audio \d+ )RTP\/SAVP(?= )/m, "$1RTP/AVP");
}

/**
 * Completes the media server's answer, which has one line: one line per offered line, in the same order and with the same
 * profile (FreeSWITCH writes `RTP/SAVP` whenever it has keys). The other lines are rejected with port 0.
 */
export function completeAnswer(offer: Offer, answer: string): string {
  if (offer.media.length === 0) return answer;
  const [session = "", ...sections] = answer.split(/^(?=m=)/m);
  const audio = sections.find((section) => /^m=audio [1-9]/.test(section));
  const lines = offer.media.map((media, index) => {
    if (index === offer.chosen && audio !== undefined)
      return audio.replace(/^(m=audio \d+ )RTP\/S?AVPF?(?= )/, `$1${media.profile}`);
    return `m=${media.type} 0 ${media.profile} ${media.formats}\r\n`;
  });
  return session + lines.join("");
}
