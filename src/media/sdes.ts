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
export function sameKey(note: string | undefined, sdp: string): boolean {
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
