import { isIP } from "node:net";

/**
 * The SRTP suite of the accepted audio line of an SDP answer (RFC 4568 section 6.2); `undefined` for plain RTP. Rejected
 * lines (port 0) are skipped.
 */
export function suiteIn(sdp: string): string | undefined {
  const taken = sdp.split(/^(?=m=)/m).find((section) => /^m=audio [1-9]/.test(section));
  if (taken === undefined || !/^m=audio \d+ RTP\/SAVPF? /i.test(taken)) return undefined;
  return /^a=crypto:\d+ (\S+) inline:/im.exec(taken)?.[1];
}

/** Whether an SDP answer accepts an audio line. */
export function hasAudio(sdp: string): boolean {
  return /^m=audio [1-9]/m.test(sdp);
}

/** Whether FreeSWITCH's variable of the key in use contains the first key of this SDP. True if the SDP has none. */
export function isKeyInUse(note: string | undefined, sdp: string): boolean {
  const key = /^a=crypto:\d+ \S+ (inline:[^|\s]+)/im.exec(sdp)?.[1];
  return key === undefined || note?.includes(key) === true;
}

/** Whether the peer receives at the same address, and encrypts with the same key, as in the SDP of before. */
export function isSameTransport(before: string, now: string): boolean {
  const [key, ...others] = keysIn(now);
  return (
    others.length === 0 &&
    (key === undefined ? keysIn(before).length === 0 : keysIn(before).includes(key)) &&
    transportOf(before) !== undefined &&
    transportOf(before) === transportOf(now)
  );
}

/** Suites and keys of all crypto attributes. */
function keysIn(sdp: string): string[] {
  return [...sdp.matchAll(/^a=crypto:\d+ (\S+ inline:[^|\s]+)/gim)].map(([, key = ""]) => key);
}

/** Address and port; `undefined` without an audio line. */
function transportOf(sdp: string): string | undefined {
  const [session = "", ...media] = sdp.split(/^(?=m=)/m);
  const audio = media.find((section) => /^m=audio [1-9]/.test(section));
  const address = /^c=(.+?)\r?$/m.exec(audio ?? "")?.[1] ?? /^c=(.+?)\r?$/m.exec(session)?.[1];
  const port = /^m=audio (\d+)/.exec(audio ?? "")?.[1];
  return address === undefined || port === undefined ? undefined : `${address} ${port}`;
}

/** Default: `sendrecv` (RFC 3264 section 5.1). */
export function directionOf(sdp: string): string {
  return /^a=(sendrecv|sendonly|recvonly|inactive)\r?$/m.exec(sdp)?.[1] ?? "sendrecv";
}

/** The caller's SDP with another direction, for a re-INVITE to FreeSWITCH, which requires `RTP/SAVP` for keys then. */
export function withDirection(sdp: string, direction: string): string {
  const secured = /^a=crypto:/m.test(sdp) ? sdp.replace(/^(m=audio \d+ )RTP\/AVP /m, "$1RTP/SAVP ") : sdp;
  return secured.replace(/^a=(?:sendrecv|sendonly|recvonly|inactive)\r?$/m, `a=${direction}\r`);
}

/** Whether an SDP answer accepts RFC 4733 events. */
export function hasTelephoneEvent(sdp: string): boolean {
  return /^a=rtpmap:\d+ telephone-event\//im.test(sdp);
}

/**
 * Replaces the address in the media server's SDP with its public address, behind NAT (RFC 4566 sections 5.2 and 5.7).
 * FreeSWITCH uses `ext-rtp-ip` only for SIP peers outside its local network, and drachtio is inside.
 *
 * @param address `undefined` leaves the SDP unchanged
 */
export function withPublicAddress(sdp: string, address: string | undefined): string {
  if (address === undefined) return sdp;
  const place = `IN IP${isIP(address) === 6 ? 6 : 4} ${address}`;
  // Keep 0.0.0.0: it means hold, the RFC 2543 way (RFC 3264 section 8.4).
  return sdp
    .replace(/^c=IN IP4 (?!0\.0\.0\.0)\S+/gm, `c=${place}`)
    .replace(/^(o=\S+ \S+ \S+) IN IP[46] \S+/m, `$1 ${place}`);
}
