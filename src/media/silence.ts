/** How long the caller's RTP may stay away, in milliseconds. */
export interface RtpTimeouts {
  readonly mediaTimeoutMs: number;
  /** While the caller's SDP announces that RTP may stay away. */
  readonly holdTimeoutMs: number;
}

/**
 * The one rule about the caller's leg, whatever the call is doing: what the caller's last SDP says decides how long its RTP may
 * stay away. BBB's leg has the same rule in FreeSWITCH's profiles (`rtp-timeout-sec`, `rtp-hold-timeout-sec`).
 */
export function rtpTimeoutFor(sdp: string, { mediaTimeoutMs, holdTimeoutMs }: RtpTimeouts): number {
  return /^a=recvonly\r?$/m.test(sdp) || isOnHold(sdp) ? Math.max(holdTimeoutMs, mediaTimeoutMs) : mediaTimeoutMs;
}

/** Whether an SDP says that the caller hears nothing. The address 0.0.0.0 of RFC 2543 has become `sendonly` in `sip/audio-offer.ts`. */
export function isOnHold(sdp: string): boolean {
  return /^a=(?:sendonly|inactive)\r?$/m.test(sdp);
}
