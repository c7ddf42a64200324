/** The SRTP suite of the audio line in an SDP answer (RFC 4568 section 6.2), `undefined` for plain RTP. */
export function suiteIn(sdp: string): string | undefined {
  if (!/^m=audio \d+ RTP\/SAVPF? /im.test(sdp)) return undefined;
  return /^a=crypto:\d+ (\S+) inline:/im.exec(sdp)?.[1];
}
