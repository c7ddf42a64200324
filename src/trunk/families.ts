import { isIP } from "node:net";

import type { ListenAddress } from "./listen-address.js";
import type { AddressFamily } from "./resolver.js";

/** Of an address with or without brackets; `undefined` for a name. */
export function familyOf(host: string): AddressFamily | undefined {
  switch (isIP(host.replace(/^\[|\]$/g, ""))) {
    case 4:
      return 4;
    case 6:
      return 6;
    default:
      return undefined;
  }
}

/** Where drachtio meets trunks of this transport. Its loopback contact is for the media server beside it, unless there is no other. */
export function addressesFor(
  transport: ListenAddress["transport"],
  addresses: readonly ListenAddress[],
): readonly ListenAddress[] {
  const all = addresses.filter((address) => address.transport === transport);
  const outside = all.filter(({ host }) => !/^(?:127\.|\[?::1\]?$)/.test(host));
  return outside.length > 0 ? outside : all;
}

/** The families in which drachtio reaches registrars of this transport: it sends nothing over a family that it does not listen on. */
export function familiesFor(
  transport: ListenAddress["transport"],
  addresses: readonly ListenAddress[],
): readonly AddressFamily[] {
  const hosts = addressesFor(transport, addresses).map(({ host }) => host);
  return hosts.some((host) => familyOf(host) === undefined) ? [4, 6] : familiesOf(hosts);
}

/** Each once, IPv4 first. Names have none. */
export function familiesOf(addresses: readonly string[]): readonly AddressFamily[] {
  return ([4, 6] as const).filter((family) => addresses.some((address) => familyOf(address) === family));
}

export function familyNames(families: readonly AddressFamily[]): string {
  return families.map((family) => `IPv${family}`).join(" and ");
}
