import { isIP } from "node:net";

/**
 * The SRTP suite of the audio line that an SDP answer takes (RFC 4568 section 6.2), `undefined` for plain RTP. Lines
 * that are refused, with port 0, don't count: their keys encrypt nothing.
 */
export function suiteIn(sdp: string): string | undefined {
  const taken = sdp.split(/^(?=m=)/m).find((section) => /^m=audio [1-9]/.test(section));
  if (taken === undefined || !/^m=audio \d+ RTP\/SAVPF? /i.test(taken)) return undefined;
  return /^a=crypto:\d+ (\S+) inline:/im.exec(taken)?.[1];
}

/** Whether an SDP answer takes an audio line at all. */
export function hasAudio(sdp: string): boolean {
  return /^m=audio [1-9]/m.test(sdp);
}

/** Whether FreeSWITCH's note of the key in use is about the first key of this SDP, or the SDP has none. */
export function isKeyInUse(note: string | undefined, sdp: string): boolean {
  const key = /^a=crypto:\d+ \S+ (inline:[^|\s]+)/im.exec(sdp)?.[1];
  return key === undefined || note?.includes(key) === true;
}

/** `sendrecv` where nothing is said (RFC 3264 section 5.1). */
export function directionOf(sdp: string): string {
  return /^a=(sendrecv|sendonly|recvonly|inactive)\r?$/m.exec(sdp)?.[1] ?? "sendrecv";
}

/** The caller's SDP once more, in another direction, as FreeSWITCH takes it in mid-call: keys have to be in `RTP/SAVP`. */
export function withDirection(sdp: string, direction: string): string {
  const secured = /^a=crypto:/m.test(sdp) ? sdp.replace(/^(m=audio \d+ )RTP\/AVP /m, "$1RTP/SAVP ") : sdp;
  return secured.replace(/^a=(?:sendrecv|sendonly|recvonly|inactive)\r?$/m, `a=${direction}\r`);
}

/** Whether an SDP answer takes RFC 4733 events. */
export function hasTelephoneEvent(sdp: string): boolean {
  return /^a=rtpmap:\d+ telephone-event\//im.test(sdp);
}

/**
 * The media server's SDP with the address at which the world reaches it, behind NAT (RFC 4566 sections 5.2 and 5.7).
 * FreeSWITCH itself would use `ext-rtp-ip` only towards a SIP peer outside of its network, and drachtio is within.
 *
 * @param address `undefined`: the SDP stays as it is
 */
export function withPublicAddress(sdp: string, address: string | undefined): string {
  if (address === undefined) return sdp;
  const place = `IN IP${isIP(address) === 6 ? 6 : 4} ${address}`;
  // 0.0.0.0 is no address but the old way to say "on hold" (RFC 3264 section 8.4).
  return sdp
    .replace(/^c=IN IP4 (?!0\.0\.0\.0)\S+/gm, `c=${place}`)
    .replace(/^(o=\S+ \S+ \S+) IN IP[46] \S+/m, `$1 ${place}`);
}
