import { isIP } from "node:net";

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
