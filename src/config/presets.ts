import type { SipTransport, TrunkConfig } from "./config.js";

/** The known settings of a provider. Sources: docs/reference/trunks.md. */
export interface TrunkPreset {
  /**
   * `undefined`: the registrar is optional, and the trunk does not register without one. Without `host`,
   * each customer has a different one, and the operator must set it or write `registrar: false`.
   */
  readonly registrar: PresetRegistrar | undefined;
  /** The domain of the address of record, if it differs from the registrar's host. */
  readonly domain: string | undefined;
  /** Digest realms in addition to the domain and the registrar's host. */
  readonly realms: readonly string[];
  readonly calledNumberFrom: TrunkConfig["calledNumberFrom"];
  /** Whether numbers arrive as 4930..., without a plus. */
  readonly bareCountryCode: boolean;
  readonly expiresSeconds: number;
  readonly keepaliveMs: number;
  /**
   * Settings that the provider does not document; the values here are common defaults. The status shows them
   * until the operator sets them in the file.
   */
  readonly assumed: readonly AssumedSetting[];
}

export interface PresetRegistrar {
  readonly host: string | undefined;
  /** An example of the host in the customer's contract, for presets without `host`. */
  readonly example: string | undefined;
  readonly transport: SipTransport;
  /** Whether addresses and ports come from SRV records (RFC 3263 section 4.2). */
  readonly srv: boolean;
}

export type AssumedSetting = "registrar" | "realm" | "called_number_from" | "bare_country_code" | "expires";

const usual = {
  domain: undefined,
  realms: [],
  calledNumberFrom: "to",
  bareCountryCode: false,
  expiresSeconds: 600,
  keepaliveMs: 5_000,
} as const;

export const presets = {
  easybell: {
    ...usual,
    // A fixed host and port: easybell documents that connections with DNS SRV cannot be encrypted.
    registrar: { host: "secure.sip.easybell.de", example: undefined, transport: "tls", srv: false },
    // The encrypted host uses the same realm (capture in docs/reference/trunks.md).
    realms: ["sip.easybell.de"],
    // To holds the number if the portal's number signalling is E.164; the old "0049" mode omits the dialled number.
    assumed: [],
  },
  "dus.net": {
    ...usual,
    registrar: { host: "secure.dus.net", example: undefined, transport: "tls", srv: false },
    realms: ["dus.net"],
    assumed: ["realm", "called_number_from", "bare_country_code", "expires"],
  },
  sipgate: {
    ...usual,
    registrar: { host: "sipconnect.sipgate.de", example: undefined, transport: "tls", srv: false },
    realms: ["sipgate.de"],
    bareCountryCode: true,
    // The registrar's host is documented, TLS on port 5061 is not.
    assumed: ["registrar", "realm", "called_number_from", "expires"],
  },
  "telekom-companyflex": {
    ...usual,
    registrar: { host: undefined, example: "551234567890.primary.companyflex.de", transport: "tls", srv: true },
    domain: "tel.t-online.de",
    // The Request-URI holds the main number. To holds the dialled number, except for forwarded calls.
    calledNumberFrom: "p-called-party-id",
    assumed: ["realm", "expires"],
  },
  plusnet: {
    ...usual,
    registrar: { host: undefined, example: "sip.plusnet.de", transport: "tls", srv: false },
    realms: ["plusnet.de"],
    assumed: ["realm", "called_number_from", "bare_country_code", "expires"],
  },
  generic: { ...usual, registrar: undefined, assumed: [] },
} as const satisfies Record<TrunkConfig["provider"], TrunkPreset>;

export const providers = [
  "easybell",
  "dus.net",
  "sipgate",
  "telekom-companyflex",
  "plusnet",
  "generic",
] as const satisfies readonly TrunkConfig["provider"][];

/** Whether the setting applies only to trunks that register. */
export function isOfRegistration(setting: AssumedSetting): boolean {
  return setting === "registrar" || setting === "realm" || setting === "expires";
}

/** The default SIP port of a transport (RFC 3261 section 19.1.2). */
export function sipPortFor(transport: SipTransport): number {
  return transport === "tls" ? 5061 : 5060;
}
