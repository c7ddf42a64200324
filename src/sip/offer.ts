import type { OfferKind } from "../call/interfaces.js";
import { readCryptoLine } from "./crypto-line.js";
import { detached } from "./detached.js";

/** What the caller's SDP asks for, and the form in which the media server gets it. */
export interface Offer {
  readonly kind: OfferKind;
  readonly forMediaServer: string;
  /** The profile of the chosen line, which the answer repeats (RFC 3264 section 6). */
  readonly profile: string;
}

interface AudioLine {
  readonly index: number;
  readonly profile: string;
  readonly port: number;
  readonly kind: OfferKind;
}

/** Ten times what a telephone with video and ICE sends; what is longer is hostile and not read. */
const longestOffer = 64 * 1024;

/**
 * Reads the caller's SDP. drachtio-fsmrf takes `RTP/SAVP` for DTLS and refuses it, so the media server is
 * offered `RTP/AVP` with the SDES keys kept: it answers `RTP/SAVP` when `rtp_allow_crypto_in_avp` is set.
 * Of several audio lines the encrypted one is taken and the others are refused (RFC 3264 section 6, port 0).
 */
export function readOffer(sdp: string): Offer {
  return read(sdp, () => "RTP/AVP");
}

/**
 * Reads the SDP of a re-INVITE or UPDATE. Within a channel that is encrypted already FreeSWITCH refuses keys in
 * `RTP/AVP` (it answers with port 0), and takes `RTP/SAVP`.
 */
export function readNewOffer(sdp: string): Offer {
  return read(sdp, (kind) => (kind === "sdes" ? "RTP/SAVP" : "RTP/AVP"));
}

function read(sdp: string, profileFor: (kind: OfferKind) => string): Offer {
  if (sdp.trim() === "") return { kind: "none", forMediaServer: "", profile: "" };
  if (sdp.length > longestOffer) return { kind: "unusable", forMediaServer: "", profile: "" };
  const lines = sdp.split(/\r\n|\n/).filter((line) => line !== "").flatMap(withoutNames);
  const audio = audioLines(lines);
  const chosen = audio.find((line) => line.kind === "sdes") ?? audio.find((line) => line.kind === "plain");
  if (chosen === undefined) return { kind: "unusable", forMediaServer: "", profile: "" };
  // FreeSWITCH takes AEAD_AES_256_GCM_8 for AEAD_AES_256_GCM and answers with a key that does not fit: only what it
  // knows gets through.
  const rewritten = lines.flatMap((line, index) => {
    if (/^a=crypto:/i.test(line)) return readCryptoLine(line)?.text ?? [];
    if (index === chosen.index) return line.replace(/^(m=audio \S+) \S+/i, `$1 ${profileFor(chosen.kind)}`);
    return /^m=/i.test(line) ? line.replace(/^(m=\S+) \d+/i, "$1 0") : line;
  });
  return { kind: chosen.kind, forMediaServer: detached(`${rewritten.join("\r\n")}\r\n`), profile: detached(chosen.profile) };
}

/** An answer of the caller's without what may name the caller in it. */
export function namelessAnswer(sdp: string): string {
  return detached(sdp.split(/(?<=\n)/).flatMap(withoutNames).join(""));
}

/** Telephones write their number into `o=` and `s=`, and may into `i=`, `u=`, `e=` and `p=` (RFC 4566 sections 5.2 to 5.6). */
function withoutNames(line: string): string[] {
  return /^[iuep]=/.test(line) ? [] : [line.replace(/^o=\S+/, "o=-").replace(/^s=.*/, "s=-")];
}

/** The media server's answer with the profile that was offered: it says `RTP/SAVP` whenever there are keys. */
export function answerInProfile(answer: string, profile: string): string {
  return profile === "" ? answer : answer.replace(/^(m=audio [1-9]\d* )RTP\/SAVP(?= )/m, `$1${profile}`);
}

function audioLines(lines: readonly string[]): AudioLine[] {
  const found: AudioLine[] = [];
  lines.forEach((line, index) => {
    const match = /^m=audio (\d+)(?:\/\d+)? (\S+) /i.exec(line);
    if (match === null) return;
    const next = lines.findIndex((other, at) => at > index && /^m=/i.test(other));
    const section = lines.slice(index + 1, next === -1 ? undefined : next);
    const [, port = "0", profile = ""] = match;
    if (port !== "0") found.push({ index, profile, port: Number(port), kind: kindOf(profile, section) });
  });
  return found;
}

function kindOf(profile: string, section: readonly string[]): OfferKind {
  const hasKeys = section.some((line) => readCryptoLine(line) !== undefined);
  switch (profile.toUpperCase()) {
    case "RTP/SAVP":
    case "RTP/SAVPF":
      return hasKeys ? "sdes" : "unusable";
    case "RTP/AVP":
      return hasKeys ? "sdes" : "plain";
    default:
      return "unusable";
  }
}
