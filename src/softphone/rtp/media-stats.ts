export interface MediaStats {
  readonly packetsIn: number;
  readonly packetsOut: number;
  /** Not authentic, replayed, unparsable, plain in a secure session, or from a second source in a plain one. */
  readonly rejected: number;
  /** Expected packets that did not arrive. */
  readonly lost: number;
  /** RFC 3550 section 6.4.1, in milliseconds; includes delays of this process. */
  readonly jitterMs: number;
  /** The longest interval without a packet, in milliseconds. */
  readonly longestGapMs: number;
  /** By the session's clock (ms); undefined before the first packet. */
  readonly lastPacketAt: number | undefined;
}
