import type { SipTransport, TrunkConfig } from "./config.js";

/** What is known about a provider, so that the operator need not find it out. See docs/reference/trunks.md for the sources. */
export interface TrunkPreset {
  /**
   * `undefined`: a registrar is the operator's choice, and without one the trunk does not register. Without a `host`
   * every customer has another one, so that the operator has to name it, or to write `registrar: false`.
   */
  readonly registrar: PresetRegistrar | undefined;
  /** The domain of the trunk's address, where that is not the registrar's host. */
  readonly domain: string | undefined;
  /** Realms of its digest besides the domain and the registrar's host. */
  readonly realms: readonly string[];
  readonly calledNumberFrom: TrunkConfig["calledNumberFrom"];
  /** Whether numbers come as 4930..., without a plus. */
  readonly bareCountryCode: boolean;
  readonly expiresSeconds: number;
  readonly keepaliveMs: number;
  /**
   * Settings for which no source has been found: what stands here for them is the usual, not the known. They are shown
   * in the status until the operator has written them into the file.
   */
  readonly assumed: readonly AssumedSetting[];
}

export interface PresetRegistrar {
  readonly host: string | undefined;
  /** What the operator finds in the contract, where there is no `host`. */
  readonly example: string | undefined;
  readonly transport: SipTransport;
  /** Whether its addresses and ports are in SRV records (RFC 3263 section 4.2). */
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
    // A fixed host and port: easybell says that connections with DNS-SRV cannot be encrypted.
    registrar: { host: "secure.sip.easybell.de", example: undefined, transport: "tls", srv: false },
    // The same on the encrypted host: docs/reference/trunks.md has a capture.
    realms: ["sip.easybell.de"],
    // The number in To needs the portal's number signalling set to E.164; the old "0049" mode does not tell the dialled number.
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
    // Of the registrar the host is known, but not whether it takes TLS on 5061.
    assumed: ["registrar", "realm", "called_number_from", "expires"],
  },
  "telekom-companyflex": {
    ...usual,
    registrar: { host: undefined, example: "551234567890.primary.companyflex.de", transport: "tls", srv: true },
    domain: "tel.t-online.de",
    // The Request-URI has the main number. To has the dialled one too, until somebody forwards a call to it.
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

/** Whether a trunk that does not register has no use for the setting. */
export function isOfRegistration(setting: AssumedSetting): boolean {
  return setting === "registrar" || setting === "realm" || setting === "expires";
}

/** The port that SIP has for a transport (RFC 3261 section 19.1.2). */
export function sipPortFor(transport: SipTransport): number {
  return transport === "tls" ? 5061 : 5060;
}
