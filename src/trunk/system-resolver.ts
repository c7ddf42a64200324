import { lookup, resolveSrv } from "node:dns/promises";
import type { Resolver } from "./registrar-host.js";

/** DNS as this machine has it. */
export const systemResolver: Resolver = {
  addresses: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
  services: resolveSrv,
};
