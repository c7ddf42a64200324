import { isIP } from "node:net";

import type { FoundAddresses, NameFault, Resolver, ServiceRecord } from "../../src/trunk/resolver.js";
import { failure, type Result, success } from "../../src/util/result.js";

/** The DNS result of a name: addresses of both families, no such record, or an indefinite failure. */
export type Zone = readonly string[] | "none" | "failed";

const faults = {
  none: { kind: "none", code: "ENOTFOUND" },
  failed: { kind: "failed", code: "ESERVFAIL" },
} as const satisfies Record<string, NameFault>;

/** Fake DNS. Unlisted names do not exist. */
export class FakeResolver implements Resolver {
  readonly names = new Map<string, Zone>();
  /** Names that fail in one family only. */
  readonly failing = new Map<string, 4 | 6>();
  readonly records = new Map<string, readonly ServiceRecord[] | "failed">();
  /** Each name once per look-up of both families. */
  readonly asked: string[] = [];
  ttlMs: number | undefined;

  constructor(names: Readonly<Record<string, Zone>> = {}) {
    for (const [name, zone] of Object.entries(names)) this.names.set(name, zone);
  }

  async addresses(host: string, family: 4 | 6): Promise<Result<FoundAddresses, NameFault>> {
    if (family === 4) this.asked.push(host);
    const zone = this.failing.get(host) === family ? "failed" : (this.names.get(host) ?? "none");
    if (typeof zone === "string") return await Promise.resolve(failure(faults[zone]));
    // Invalid addresses are returned for each family, as by a faulty resolver.
    const addresses = zone.filter((address) => [0, family].includes(isIP(address)));
    return await Promise.resolve(
      addresses.length === 0 ? failure({ kind: "none", code: "ENODATA" }) : success({ addresses, ttlMs: this.ttlMs }),
    );
  }

  async services(name: string): Promise<Result<readonly ServiceRecord[], NameFault>> {
    this.asked.push(name);
    const records = this.records.get(name);
    if (records === "failed") return await Promise.resolve(failure(faults.failed));
    return await Promise.resolve(records === undefined ? failure(faults.none) : success(records));
  }
}
