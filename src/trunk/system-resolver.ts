import { lookup, Resolver as DnsResolver } from "node:dns/promises";
import { isIP } from "node:net";

import type { Clock } from "../util/clock.js";
import { faultCode } from "../util/network-fault.js";
import { failure, type Result, success } from "../util/result.js";
import { addressesInHosts } from "./hosts-file.js";
import type { FoundAddresses, NameFault, Resolver, ServiceRecord } from "./resolver.js";

export interface NameSources {
  /** DNS servers, as `Resolver.setServers` takes them; `undefined`: those of the system. */
  readonly servers?: readonly string[];
  readonly hostsFile: string;
  /** The other ways in which this system finds names: search domains, mDNS, ... Rejects as `dns.promises.lookup` does. */
  readonly lookUp: (host: string, family: 4 | 6) => Promise<readonly string[]>;
}

/** Each server is asked three times, for 1.5, 3 and 6 s; c-ares itself would go on for more than a minute. */
const dnsOptions = { timeout: 1_500, tries: 3 } as const;
/** The most that one question may take, however many servers there are, in milliseconds. */
const queryTimeoutMs = 8_000;
/** Codes by which DNS says that there is no such record. All others say nothing of it. */
const noRecordCodes: ReadonlySet<string> = new Set(["ENOTFOUND", "ENODATA"]);
/** No such name in DNS, or no DNS server: the system may know the name nevertheless. */
const unknownToDns: ReadonlySet<string> = new Set(["ENOTFOUND", "ECONNREFUSED"]);

const ofThisSystem: NameSources = {
  hostsFile: "/etc/hosts",
  lookUp: async (host, family) => (await lookup(host, { all: true, family })).map(({ address }) => address),
};

/**
 * Names as this machine has them: /etc/hosts, then DNS, then whatever else it is set up for. DNS is asked directly, as
 * getaddrinfo gives no TTL, mixes the faults of both families, and holds a thread of Node's pool until it times out.
 */
export function systemResolver(clock: Clock, sources: NameSources = ofThisSystem): Resolver {
  return {
    addresses: async (host, family) => {
      const listed = await addressesInHosts(sources.hostsFile, host);
      // A name in /etc/hosts is complete there: DNS must not add the family that the operator has left out.
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

/** With a resolver of its own each time: it reads resolv.conf, which may have changed, and can be cancelled. */
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
    // Cancelled is what `maxQuestionMs` makes of a question without an answer.
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

/** c-ares gives the root, `.`, as an empty name. */
function readService({ name, port, priority, weight }: ServiceRecord): ServiceRecord {
  return { name: name === "" ? "." : name, port, priority, weight };
}
