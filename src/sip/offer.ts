import type { OfferKind } from "../call/interfaces.js";
import { readAudioOffer, writeAudioOffer } from "./audio-offer.js";
import { detached } from "./detached.js";
import { sdpIn } from "./message-body.js";
import { readSdp } from "./sdp.js";
import type { SrfMessage } from "./srf.js";

/** What the caller's SDP asks for, and the form in which the media server gets it. */
export interface Offer {
  readonly kind: OfferKind;
  readonly forMediaServer: string;
  /** The same audio on hold, for a media server that shall neither send nor wait for RTP. */
  readonly onHold: string;
  /** The `m=` lines, each of which the answer repeats, with its profile (RFC 3264 section 6). */
  readonly media: readonly MediaLine[];
  /** The line that the media server gets; -1: none. */
  readonly chosen: number;
  /** There is audio, and all of it has port 0: the caller wants none now (RFC 3264 section 8.2). */
  readonly isSwitchedOff: boolean;
  /** No RTP comes, as the caller announces by a direction other than `sendrecv`, or the address 0.0.0.0 of RFC 2543. */
  readonly isOnHold: boolean;
}

/** An `m=` line, as the answer has to repeat it. */
export interface MediaLine {
  readonly type: string;
  readonly profile: string;
  readonly formats: string;
}

type Profile = "RTP/AVP" | "RTP/SAVP";

/**
 * Reads the caller's SDP. drachtio-fsmrf takes `RTP/SAVP` for DTLS and refuses it, so the media server is
 * offered `RTP/AVP` with the SDES keys kept: it answers `RTP/SAVP` when `rtp_allow_crypto_in_avp` is set.
 * Of several audio lines the encrypted one is taken and the others are refused.
 */
export function readOffer(sdp: string): Offer {
  return read(sdp, "RTP/AVP");
}

/**
 * Reads the SDP of a re-INVITE, an UPDATE or an ACK. Within a channel that is encrypted already FreeSWITCH refuses keys in
 * `RTP/AVP` (it answers with port 0), and takes `RTP/SAVP`.
 */
export function readNewOffer(sdp: string): Offer {
  return read(sdp, "RTP/SAVP");
}

/** An INVITE whose body has a type that einwahl does not know. */
export const unsupportedOffer: Offer = without("unsupported-body");

/** The SDP in a message's body; `none` where there is none. */
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

/**
 * The answer to the caller's offer, made of the media server's to the one line that it got: a line for each of the offer's, in
 * their order and with their profiles; FreeSWITCH says `RTP/SAVP` whenever there are keys. Others are refused with port 0.
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
