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

/** Whether an SDP answer takes RFC 4733 events. */
export function hasTelephoneEvent(sdp: string): boolean {
  return /^a=rtpmap:\d+ telephone-event\//im.test(sdp);
}
