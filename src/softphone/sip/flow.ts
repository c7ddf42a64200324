import { isIP } from "node:net";
import { networkInterfaces } from "node:os";

export type Transport = "udp" | "tcp" | "tls";

export interface SipAddress {
  readonly transport: Transport;
  /** IP address, or a host name where one is called. */
  readonly address: string;
  readonly port: number;
}

/** The way between one socket of ours and one remote address: a connection, or for UDP the pair of the two. */
export interface Flow {
  readonly transport: Transport;
  /** What the other side can reach us at over this way. */
  readonly local: SipAddress;
  readonly remote: SipAddress;
  /** TCP and TLS: nothing is sent twice (RFC 3261 section 17). */
  readonly reliable: boolean;
  readonly open: boolean;
  /** What broke the connection, for example `ECONNRESET` or an alert of TLS. */
  readonly fault?: string | undefined;
  /** False when the connection is gone. UDP never knows. */
  send(text: string): boolean;
  /** Calls back once when the connection breaks; never for UDP. The returned function ends the interest. */
  onClose(listener: () => void): () => void;
  /** Holds off the idle bound, for as long as a dialog needs the connection. The returned function lets go. */
  retain(): () => void;
}

export interface TransportFailure {
  /** What went wrong, for example `ECONNREFUSED` or the reason why a certificate was not accepted. */
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
  /** PEM: the authorities that servers we call must be signed by; without it the ones that Node knows. */
  readonly ca?: string;
  /** Verify the chain and the name of the server we call; true unless set. */
  readonly verify?: boolean;
  /** Every peer, also one that connects to us, must have a certificate that `ca` has signed; its name does not count. */
  readonly verifyPeers?: boolean;
  /** The name that the certificate of a server we call must be for; default: the host that is called. */
  readonly serverName?: string;
}

export function isWildcard(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

export function isLoopback(address: string): boolean {
  return address === "localhost" || address === "::1" || address.startsWith("127.");
}

/** The address to put into Via and Contact for a socket that listens everywhere: one that `remote` can reach. */
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

/** An element sends over no family that it does not listen on (nta.c of sofia-sip); one that only connects is free. */
export function mayReach(listen: readonly ListenAddress[], address: string): boolean {
  const family = isIP(address);
  return listen.length === 0 || family === 0 || familiesOf(listen).has(family);
}

/** The one family in which a name is resolved, where there is but one. */
export function onlyFamily(listen: readonly ListenAddress[]): { readonly family?: number } {
  const [family, ...others] = familiesOf(listen);
  return family === undefined || others.length > 0 ? {} : { family };
}

/** `::` takes IPv4 too, and a name may be both. */
function familiesOf(listen: readonly ListenAddress[]): ReadonlySet<number> {
  return new Set(listen.flatMap(({ address }) => (address === "::" || isIP(address) === 0 ? [4, 6] : [isIP(address)])));
}

/** One key for one remote address. */
export function addressKey(address: SipAddress): string {
  return `${address.transport}|${address.address.toLowerCase()}|${address.port}`;
}
