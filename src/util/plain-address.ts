/** An address as it is compared: without the brackets of IPv6, and IPv4 as such where it came mapped into IPv6. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, "").replace(/^\[|\]$/g, "");
}
