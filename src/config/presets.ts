import type { SipTransport, TrunkConfig } from "./config.js";

/** What is known about a provider, so that the operator need not find it out. See facts/trunks.md for the sources. */
export interface TrunkPreset {
  /** `undefined`: the operator names it, or the trunk does not register. */
  readonly registrar: { readonly host: string; readonly port: number; readonly transport: SipTransport } | undefined;
  readonly calledNumberFrom: TrunkConfig["calledNumberFrom"];
  readonly expiresSeconds: number;
  readonly keepaliveMs: number;
}

export const presets = {
  easybell: {
    // A fixed host and port: easybell says that connections with DNS-SRV cannot be encrypted.
    registrar: { host: "secure.sip.easybell.de", port: 5061, transport: "tls" },
    // With the portal's number signalling set to E.164; the old "0049" mode does not tell the dialled number.
    calledNumberFrom: "to",
    expiresSeconds: 600,
    keepaliveMs: 5_000,
  },
  generic: {
    registrar: undefined,
    calledNumberFrom: "to",
    expiresSeconds: 600,
    keepaliveMs: 5_000,
  },
} as const satisfies Record<TrunkConfig["provider"], TrunkPreset>;

export const providers = ["easybell", "generic"] as const satisfies readonly TrunkConfig["provider"][];

/** The port that SIP has for a transport (RFC 3261 section 19.1.2). */
export function sipPortFor(transport: SipTransport): number {
  return transport === "tls" ? 5061 : 5060;
}
