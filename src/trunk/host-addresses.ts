import { isIP } from "node:net";

import type { AddressFamily, NameFault, Resolver } from "./resolver.js";

/** The result of one lookup of both families. */
export interface ResolvedAddresses {
  /** `none`: DNS has no address for the name. `failed`: the lookup of a family failed and its known addresses are stale. */
  readonly fault: NameFault | undefined;
  /** The shortest TTL, in milliseconds. */
  readonly ttlMs: number | undefined;
}

/** Maximum number of addresses used from one response, per family. */
const maxAddresses = 32;

/** The addresses of one host name. Keeps the last known ones if a family cannot be resolved or the name no longer exists. */
export class HostAddresses {
  readonly #host: string;
  readonly #resolver: Resolver;
  #ipv4: readonly string[] = [];
  #ipv6: readonly string[] = [];

  constructor(host: string, resolver: Resolver) {
    this.#host = host;
    this.#resolver = resolver;
    const family = isIP(host);
    if (family === 4) this.#ipv4 = [host];
    if (family === 6) this.#ipv6 = [host];
  }

  /** IPv4 first: media servers always have an IPv4 address for RTP. */
  get known(): readonly string[] {
    return [...this.#ipv4, ...this.#ipv6];
  }

  async resolve(): Promise<ResolvedAddresses> {
    if (isIP(this.#host) !== 0) return { fault: undefined, ttlMs: undefined };
    const [ipv4, ipv6] = await Promise.all([
      this.#resolver.addresses(this.#host, 4),
      this.#resolver.addresses(this.#host, 6),
    ]);
    const found = [ipv4, ipv6].flatMap((answer) => (answer.ok ? [answer.value] : []));
    const fault = [ipv4, ipv6].map(faultOf).find((each) => each?.kind === "failed") ?? faultOf(ipv4);
    if (found.length === 0) return { fault, ttlMs: undefined };
    // Some DNS servers never respond to AAAA queries: ignore the failure of a family that never had addresses.
    const isStale = (hasFailed(ipv4) && this.#ipv4.length > 0) || (hasFailed(ipv6) && this.#ipv6.length > 0);
    this.#ipv4 = updated(ipv4, this.#ipv4, 4);
    this.#ipv6 = updated(ipv6, this.#ipv6, 6);
    return { fault: isStale ? fault : undefined, ttlMs: shortest(found.map(({ ttlMs }) => ttlMs)) };
  }
}

/** The shortest TTL; `undefined` if none is known. */
export function shortest(ttls: readonly (number | undefined)[]): number | undefined {
  const known = ttls.filter((ttl) => ttl !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

type Answer = Awaited<ReturnType<Resolver["addresses"]>>;

function updated(answer: Answer, known: readonly string[], family: AddressFamily): readonly string[] {
  if (answer.ok) return answer.value.addresses.filter((address) => isIP(address) === family).slice(0, maxAddresses);
  return answer.failure.kind === "failed" ? known : [];
}

function hasFailed(answer: Answer): boolean {
  return faultOf(answer)?.kind === "failed";
}

function faultOf(answer: Answer): NameFault | undefined {
  return answer.ok ? undefined : answer.failure;
}
