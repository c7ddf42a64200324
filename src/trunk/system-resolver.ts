import { lookup, Resolver as DnsResolver } from "node:dns/promises";
import { isIP } from "node:net";

import type { Clock } from "../util/clock.js";
import { faultCode } from "../util/network-fault.js";
import { failure, type Result, success } from "../util/result.js";
import { addressesInHosts } from "./hosts-file.js";
import type { FoundAddresses, NameFault, Resolver, ServiceRecord } from "./resolver.js";

export interface NameSources {
  /** DNS servers in the format of `Resolver.setServers`; `undefined` for the system's servers. */
  readonly servers?: readonly string[];
  readonly hostsFile: string;
  /** The system's other name sources: search domains, mDNS, ... Rejects like `dns.promises.lookup`. */
  readonly lookUp: (host: string, family: 4 | 6) => Promise<readonly string[]>;
}

/** Three tries per server with timeouts of 1.5, 3 and 6 s; the c-ares defaults take more than a minute. */
const dnsOptions = { timeout: 1_500, tries: 3 } as const;
/** Total timeout of a query over all servers, in milliseconds. */
const queryTimeoutMs = 8_000;
/** Codes that mean that the record does not exist. All others are failed lookups. */
const noRecordCodes: ReadonlySet<string> = new Set(["ENOTFOUND", "ENODATA"]);
/** Not in DNS, or no DNS server: try the system's other name sources. */
const unknownToDns: ReadonlySet<string> = new Set(["ENOTFOUND", "ECONNREFUSED"]);

const ofThisSystem: NameSources = {
  hostsFile: "/etc/hosts",
  lookUp: async (host, family) => (await lookup(host, { all: true, family })).map(({ address }) => address),
};

/**
 * Resolves names from /etc/hosts, then DNS, then the system's other sources. DNS is queried directly because getaddrinfo
 * returns no TTL, mixes the errors of both families, and blocks a thread of Node's pool until its timeout.
 */
export function systemResolver(clock: Clock, sources: NameSources = ofThisSystem): Resolver {
  return {
    addresses: async (host, family) => {
      const listed = await addressesInHosts(sources.hostsFile, host);
      // An entry in /etc/hosts is complete: DNS must not add the family that the operator left out.
      if (listed.length > 0) return ofFamily(listed, family);
      const asked = await query(clock, sources, (dns) =>
        family === 4 ? dns.resolve4(host, { ttl: true }) : dns.resolve6(host, { ttl: true }),
      );
      if (asked.ok)
        return success({
          addresses: asked.value.map(({ address }) => address),
          ttlMs: Math.min(...asked.value.map(({ ttl }) => ttl)) * 1_000,
        });
      if (!unknownToDns.has(asked.failure.code)) return asked;
      const known = await sources.lookUp(host, family).catch(() => []);
      return known.length > 0 ? success({ addresses: known, ttlMs: undefined }) : asked;
    },
    services: async (name) => await query(clock, sources, async (dns) => (await dns.resolveSrv(name)).map(readService)),
  };
}

/** Uses a new resolver per query: it re-reads resolv.conf and can be cancelled separately. */
async function query<T>(
  clock: Clock,
  { servers }: NameSources,
  question: (dns: DnsResolver) => Promise<T>,
): Promise<Result<T, NameFault>> {
  const dns = new DnsResolver(dnsOptions);
  if (servers !== undefined) dns.setServers(servers);
  const cancelTimer = clock.after(queryTimeoutMs, () => {
    dns.cancel();
  });
  try {
    return success(await question(dns));
  } catch (error) {
    const code = faultCode(error);
    // ECANCELLED is the result of `queryTimeoutMs`.
    return failure({
      kind: noRecordCodes.has(code) ? "none" : "failed",
      code: code === "ECANCELLED" ? "ETIMEOUT" : code,
    });
  } finally {
    cancelTimer();
  }
}

function ofFamily(listed: readonly string[], family: 4 | 6): Result<FoundAddresses, NameFault> {
  const addresses = listed.filter((address) => isIP(address) === family);
  return addresses.length > 0 ? success({ addresses, ttlMs: undefined }) : failure({ kind: "none", code: "ENODATA" });
}

/** c-ares returns the root `.` as an empty name. */
function readService({ name, port, priority, weight }: ServiceRecord): ServiceRecord {
  return { name: name === "" ? "." : name, port, priority, weight };
}
