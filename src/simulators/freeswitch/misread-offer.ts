import { parseCryptoLine } from "../../softphone/rtp/sdes.js";
import { isSuiteName } from "../../softphone/rtp/srtp.js";

/** What FreeSWITCH 1.10.12 misinterprets in an offer, `undefined` for nothing. */
export function misreadOffer(sdp: string): string | undefined {
  if (/^a=fingerprint:/im.test(sdp)) return "an offer with DTLS, which FreeSWITCH prefers to SDES";
  if (/^a=(?:ice-ufrag|candidate):/im.test(sdp)) return "an offer with ICE, whose STUN FreeSWITCH reads out of bounds";
  for (const [, id = "", suite = "", config = ""] of sdp.matchAll(/^a=crypto:(\S+) +(\S+) +(\S+)/gim)) {
    if (isSuiteName(suite) && parseCryptoLine({ id: Number(id), suite, config }) === undefined)
      return "a malformed SDES key, which FreeSWITCH reads out of bounds";
  }
  return undefined;
}
