import { isIP } from "node:net";

import type { AddressFamily } from "./resolver.js";

/** An address on which drachtio listens. */
export interface ListenAddress {
  readonly transport: "udp" | "tcp" | "tls";
  readonly host: string;
  readonly port: number;
}

/** The family of an address with or without brackets; `undefined` for a host name. */
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

/** drachtio's listen addresses for this transport. Loopback is for the local media server and counts only if it is the only one. */
export function addressesFor(
  transport: ListenAddress["transport"],
  addresses: readonly ListenAddress[],
): readonly ListenAddress[] {
  const all = addresses.filter((address) => address.transport === transport);
  const outside = all.filter(({ host }) => !/^(?:127\.|\[?::1\]?$)/.test(host));
  return outside.length > 0 ? outside : all;
}

/** The address families in which drachtio can reach registrars: it sends only over families that it listens on. */
export function familiesFor(
  transport: ListenAddress["transport"],
  addresses: readonly ListenAddress[],
): readonly AddressFamily[] {
  const hosts = addressesFor(transport, addresses).map(({ host }) => host);
  return hosts.some((host) => familyOf(host) === undefined) ? [4, 6] : familiesOf(hosts);
}

/** Unique, IPv4 first. Host names are ignored. */
export function familiesOf(addresses: readonly string[]): readonly AddressFamily[] {
  return ([4, 6] as const).filter((family) => addresses.some((address) => familyOf(address) === family));
}

export function familyNames(families: readonly AddressFamily[]): string {
  return families.map((family) => `IPv${family}`).join(" and ");
}
