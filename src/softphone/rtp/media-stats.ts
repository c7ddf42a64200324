export interface MediaStats {
  readonly packetsIn: number;
  readonly packetsOut: number;
  /** Not authentic, replayed, unparsable, plain in a secure session, or from a second source in a plain one. */
  readonly rejected: number;
  /** Packets that should have come and have not. */
  readonly lost: number;
  /** RFC 3550 section 6.4.1, in milliseconds; this process's own delays are in it. */
  readonly jitterMs: number;
  /** The longest that no packet came, in milliseconds. */
  readonly longestGapMs: number;
  /** By the session's clock (ms); undefined before the first packet. */
  readonly lastPacketAt: number | undefined;
}
