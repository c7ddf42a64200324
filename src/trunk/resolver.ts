import type { Result } from "../util/result.js";

export type AddressFamily = 4 | 6;

/** Asks DNS. Neither function rejects. */
export interface Resolver {
  /** The addresses of one family that a host name has. */
  addresses(host: string, family: AddressFamily): Promise<Result<FoundAddresses, NameFault>>;
  /** The SRV records of a name such as `_sips._tcp.example.org`, in any order. */
  services(name: string): Promise<Result<readonly ServiceRecord[], NameFault>>;
}

export interface FoundAddresses {
  readonly addresses: readonly string[];
  /** How long the answer holds, in milliseconds; `undefined` where its source does not say. */
  readonly ttlMs: number | undefined;
}

export interface ServiceRecord {
  /** `.`: the service is not offered (RFC 2782). */
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** `none`: DNS is certain that there is no such record (NXDOMAIN, NODATA); `failed`: it can't be known now (SERVFAIL, no answer). */
export interface NameFault {
  readonly kind: "none" | "failed";
  /** Of Node's or c-ares: ENOTFOUND, ESERVFAIL, ... */
  readonly code: string;
}

/** The fault in words, with its code. */
export function nameFaultText({ kind, code }: NameFault): string {
  return `${kind === "none" ? "does not resolve" : "can't be resolved now"} (${code})`;
}
