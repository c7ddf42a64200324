import { isIP } from "node:net";
import { networkInterfaces } from "node:os";

export type Transport = "udp" | "tcp" | "tls";

export interface SipAddress {
  readonly transport: Transport;
  /** IP address, or a host name for an outgoing request. */
  readonly address: string;
  readonly port: number;
}

/** A flow between one local socket and one remote address: a connection, or for UDP the address pair. */
export interface Flow {
  readonly transport: Transport;
  /** The address at which the peer reaches us over this flow. */
  readonly local: SipAddress;
  readonly remote: SipAddress;
  /** TCP and TLS: no retransmissions (RFC 3261 section 17). */
  readonly reliable: boolean;
  readonly open: boolean;
  /** Cause of a broken connection, for example `ECONNRESET` or a TLS alert. */
  readonly fault?: string | undefined;
  /** False if the connection is closed; always true for UDP. */
  send(text: string): boolean;
  /** Calls back once when the connection breaks; never for UDP. Returns an unsubscribe function. */
  onClose(listener: () => void): () => void;
  /** Suspends the idle timeout while a dialog needs the connection. Returns a release function. */
  retain(): () => void;
}

export interface TransportFailure {
  /** For example `ECONNREFUSED`, or why a certificate was not accepted. */
  readonly reason: string;
}

export interface ListenAddress {
  readonly transport: Transport;
  readonly address: string;
  /** 0: the system chooses. */
  readonly port: number;
}

export interface TlsOptions {
  /** PEM; needed to listen on TLS. */
  readonly key?: string;
  readonly cert?: string;
  /** PEM: the authorities trusted for servers that we call; default: Node's. */
  readonly ca?: string;
  /** Verify the chain and the name of the server we call; true unless set. */
  readonly verify?: boolean;
  /** Require a certificate signed by `ca` from every peer, inbound ones included; the name is not checked. */
  readonly verifyPeers?: boolean;
  /** Expected name in the certificate of a server that we call; default: the called host. */
  readonly serverName?: string;
}

export function isWildcard(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

export function isLoopback(address: string): boolean {
  return address === "localhost" || address === "::1" || address.startsWith("127.");
}

/** The address for Via and Contact of a socket bound to all interfaces: one that `remote` can reach. */
export function reachableAddress(listening: string, remote: string): string {
  if (!isWildcard(listening)) return listening;
  if (isLoopback(remote)) return isIP(remote) === 6 ? "::1" : "127.0.0.1";
  const family = isIP(remote) === 6 ? "IPv6" : "IPv4";
  const outward = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .find((entry) => !entry.internal && entry.family === family);
  return outward?.address ?? "127.0.0.1";
}

/** Node shows IPv4 peers of a dual-stack socket as `::ffff:1.2.3.4`. */
export function plainAddress(address: string): string {
  return /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(address) ? address.slice(7) : address;
}

/** An element sends only over address families that it listens on (nta.c of sofia-sip); without listening addresses, over any. */
export function mayReach(listen: readonly ListenAddress[], address: string): boolean {
  const family = isIP(address);
  return listen.length === 0 || family === 0 || familiesOf(listen).has(family);
}

/** The family for resolving names, if the listening addresses have only one. */
export function onlyFamily(listen: readonly ListenAddress[]): { readonly family?: number } {
  const [family, ...others] = familiesOf(listen);
  return family === undefined || others.length > 0 ? {} : { family };
}

/** `::` accepts IPv4 too, and a name may resolve to both. */
function familiesOf(listen: readonly ListenAddress[]): ReadonlySet<number> {
  return new Set(listen.flatMap(({ address }) => (address === "::" || isIP(address) === 0 ? [4, 6] : [isIP(address)])));
}

/** Map key of a remote address. */
export function addressKey(address: SipAddress): string {
  return `${address.transport}|${address.address.toLowerCase()}|${address.port}`;
}
