import type { Result } from "../util/result.js";

export type AddressFamily = 4 | 6;

/** Queries DNS. The promises never reject. */
export interface Resolver {
  /** A host name's addresses of one family. */
  addresses(host: string, family: AddressFamily): Promise<Result<FoundAddresses, NameFault>>;
  /** The SRV records of a name such as `_sips._tcp.example.org`, unsorted. */
  services(name: string): Promise<Result<readonly ServiceRecord[], NameFault>>;
}

export interface FoundAddresses {
  readonly addresses: readonly string[];
  /** TTL in milliseconds; `undefined` if unknown. */
  readonly ttlMs: number | undefined;
}

export interface ServiceRecord {
  /** `.`: the service is not offered (RFC 2782). */
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** `none`: the record does not exist (NXDOMAIN, NODATA). `failed`: the lookup failed (SERVFAIL, timeout). */
export interface NameFault {
  readonly kind: "none" | "failed";
  /** Error code of Node or c-ares: ENOTFOUND, ESERVFAIL, ... */
  readonly code: string;
}

/** The text of a fault, with its code. */
export function nameFaultText({ kind, code }: NameFault): string {
  return `${kind === "none" ? "does not resolve" : "can't be resolved now"} (${code})`;
}
