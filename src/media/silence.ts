/** Maximum time without RTP from the caller, in milliseconds. */
export interface RtpTimeouts {
  readonly mediaTimeoutMs: number;
  /** Applies while the caller's SDP announces hold or `recvonly`. */
  readonly holdTimeoutMs: number;
}

/**
 * The RTP timeout of the caller's leg depends only on the caller's last SDP, not on the stage of the call. The leg to BBB has
 * the same rule in FreeSWITCH's profiles (`rtp-timeout-sec`, `rtp-hold-timeout-sec`).
 */
export function rtpTimeoutFor(sdp: string, { mediaTimeoutMs, holdTimeoutMs }: RtpTimeouts): number {
  return /^a=recvonly\r?$/m.test(sdp) || isOnHold(sdp) ? Math.max(holdTimeoutMs, mediaTimeoutMs) : mediaTimeoutMs;
}

/** Whether the caller is on hold (hears nothing). `sip/audio-offer.ts` has turned RFC 2543's 0.0.0.0 into `sendonly`. */
export function isOnHold(sdp: string): boolean {
  return /^a=(?:sendonly|inactive)\r?$/m.test(sdp);
}
