import type { CountryCode } from "libphonenumber-js";

import type { Key } from "../call/dtmf-buffer.js";
import type { CalledNumberHeader } from "../caller/called-number.js";
import type { LabelSettings } from "../caller/label.js";
import type { Language } from "../caller/language.js";
import type { Secret } from "../caller/secret.js";
import type { GuessSettings } from "../store/guess-throttle.js";
import type { StorePlace } from "../store/open-stores.js";
import type { LogLevel } from "../util/log-level.js";

/**
 * The operator's settings with all defaults, frozen. Made by `loadConfig`; modules receive the parts they need and do
 * not read the file or the environment again. Names ending in `Ms` are
 * milliseconds.
 */
export interface Config {
  /** The name of this instance among those that share a Redis. */
  readonly instance: string;
  readonly language: Language;
  readonly drachtio: DrachtioConfig;
  readonly mediaServers: readonly [MediaServerConfig, ...MediaServerConfig[]];
  readonly trunks: readonly [TrunkConfig, ...TrunkConfig[]];
  readonly bbbServers: readonly [BbbServerConfig, ...BbbServerConfig[]];
  readonly calls: CallsConfig;
  readonly label: LabelSettings;
  /** `undefined`: a random key per process. */
  readonly pseudonymKey: Secret | undefined;
  readonly http: HttpConfig;
  readonly control: ControlConfig;
  /** `undefined`: no synthetic calls. */
  readonly syntheticCall: SyntheticCallConfig | undefined;
  readonly rooms: RoomsConfig;
  readonly statistics: StatisticsConfig;
  readonly page: PageConfig;
  readonly logging: LoggingConfig;
  /** The directory of the recordings on the media servers. */
  readonly prompts: { readonly directory: string };
}

export type SipTransport = "tls" | "tcp" | "udp";

export interface DrachtioConfig {
  readonly host: string;
  readonly port: number;
  readonly secret: Secret;
}

export interface LoggingConfig {
  readonly level: LogLevel;
  /** `undefined`: standard output. Otherwise one file a day, with the date before the file extension. */
  readonly file: string | undefined;
  /** 1 to 7; applies to log files only. */
  readonly retentionDays: number;
}

export interface MediaServerConfig {
  readonly name: string;
  readonly eventSocket: { readonly host: string; readonly port: number; readonly password: Secret };
  /** The sofia profile that takes the INVITEs of drachtio-fsmrf. */
  readonly sipProfile: string;
  /** The local address on which einwahl accepts outbound event sockets from this media server. */
  readonly listenAddress: string;
  /** The address under which this media server reaches `listenAddress`. */
  readonly advertisedAddress: string;
  /** The RTP address in the SDP for callers, behind NAT; `undefined`: the media server's own. */
  readonly publicAddress: string | undefined;
  /** Maximum concurrent calls. */
  readonly capacity: number;
}

export type Provider = "easybell" | "dus.net" | "sipgate" | "telekom-companyflex" | "plusnet" | "generic";

export interface TrunkConfig {
  readonly name: string;
  readonly provider: Provider;
  /** `undefined`: the trunk does not register, the provider sends calls to a fixed address. */
  readonly registration: RegistrationConfig | undefined;
  readonly numbers: readonly [NumberConfig, ...NumberConfig[]];
  /** Maximum concurrent calls; `undefined`: only the limit for all calls applies. */
  readonly channels: number | undefined;
  /** Addresses, networks (CIDR) and host names, including the registrar's; targets of its SRV records are added. */
  readonly sources: readonly string[];
  /** The country of numbers with a single leading 0. */
  readonly country: CountryCode;
  /** Whether numbers such as 4930... are international. */
  readonly bareCountryCode: boolean;
  readonly calledNumberFrom: CalledNumberHeader;
  /** Whether P-Asserted-Identity takes precedence over From. */
  readonly trustsAssertedIdentity: boolean;
  /** `tls`: INVITEs over other transports do not match this trunk, because SDES keys would be sent unencrypted. */
  readonly signalling: "tls" | "any";
  /** `mandatory`: calls without SRTP (SDES) are refused. */
  readonly srtp: "mandatory" | "optional";
  /** Settings that the provider does not document and the file does not set; common defaults apply. */
  readonly assumed: readonly string[];
}

export interface RegistrationConfig {
  /** With `srv`, addresses and ports come from SRV records; `port` applies if the name has none. */
  readonly registrar: {
    readonly host: string;
    readonly port: number;
    readonly transport: SipTransport;
    readonly srv: boolean;
  };
  /** The domain of the address of record, `username@domain`. */
  readonly domain: string;
  readonly username: string;
  /** The user name in the digest response. */
  readonly authUsername: string;
  readonly password: Secret;
  /** Challenges with any other realm are not answered. */
  readonly realms: readonly [string, ...string[]];
  /** The required name and CAs of the registrar's certificate, over TLS (PEM; `undefined`: Node's CAs). */
  readonly certificate: { readonly name: string; readonly ca: string | undefined };
  /** The public address of drachtio for the Contact; `undefined`: the address that drachtio reports. */
  readonly contact: { readonly host: string; readonly port: number } | undefined;
  /** The requested lifetime; the registrar may grant another one. */
  readonly expiresSeconds: number;
  /** The interval of keep-alives on the flow to the registrar. */
  readonly keepaliveMs: number;
  /** `undefined`: no renewal when a registered trunk is silent. */
  readonly watchdog: { readonly silenceMs: number; readonly minIntervalMs: number } | undefined;
}

export interface NumberConfig {
  /** E.164 with `+`. */
  readonly number: string;
  /** The greeting is in the first; callers may switch to the others. */
  readonly languages: readonly [Language, ...Language[]];
  readonly city: string | undefined;
}

export interface BbbServerConfig {
  readonly name: string;
  /** Ends in `/api/`. */
  readonly apiUrl: string;
  readonly secret: Secret;
  readonly checksum: "sha1" | "sha256" | "sha384" | "sha512";
  readonly sip: {
    readonly host: string;
    readonly port: number;
    readonly transport: SipTransport;
    readonly srtp: "mandatory" | "optional";
  };
  /** The address of livekit-sip; `undefined`: calls reach it through the server's FreeSWITCH. */
  readonly livekitSip: BbbServerConfig["sip"] | undefined;
  /** The audio bridge of meetings that no webhook has reported; `auto`: queried from the server. */
  readonly audioBridge: "auto" | "freeswitch" | "livekit";
  /** Whether webhooks from this server are accepted. */
  readonly webhooks: boolean;
  readonly pollIntervalMs: number;
}

export interface CallsConfig {
  /** Maximum concurrent calls over all media servers. */
  readonly maxConcurrent: number;
  /** The idle CPU that new calls leave on a media server's host, in percent; 0: the CPU is not looked at. */
  readonly minIdlePercent: number;
  readonly pin: {
    readonly tries: number;
    readonly firstKeyTimeoutMs: number;
    readonly nextKeyTimeoutMs: number;
    readonly dialogueTimeoutMs: number;
  };
  /** Maximum concurrent calls from one number, and from a trunk's callers without a usable number. */
  readonly perNumber: number;
  readonly withheldPerTrunk: number;
  /** Whether callers without a usable number may enter a meeting from which one of them was removed. */
  readonly withheldAfterRemoval: "allow" | "refuse";
  /** Maximum number of waiting callers, in total and for one conference. */
  readonly waitingPlaces: { readonly all: number; readonly perPin: number };
  readonly guessing: GuessSettings;
  /** `limitMs` 0: waiting for a conference that has not begun is disabled. */
  readonly waiting: { readonly limitMs: number; readonly remindEveryMs: number };
  /** Whether the keys are announced before a caller's first conference. */
  readonly hints: boolean;
  /** The key after `*` that leaves a conference; `undefined`: disabled. */
  readonly leaveKey: Key | undefined;
  readonly maxDurationMs: number;
  /** A call without incoming RTP ends after this time. */
  readonly mediaTimeoutMs: number;
  /** The same for a caller on hold; also the maximum pause of the PIN dialogue during hold. */
  readonly holdTimeoutMs: number;
}

/** einwahl's own HTTP server. */
export interface HttpConfig {
  readonly host: string;
  readonly port: number;
  /** The port on 127.0.0.1 for operators and local programs. */
  readonly operatorsPort: number;
  /** The public URL, without a trailing slash; `undefined`: the listen address. */
  readonly publicUrl: string | undefined;
  /** Addresses and networks whose `X-Forwarded-For` is trusted. */
  readonly trustedProxies: readonly string[];
  /** Origins allowed to read public responses (CORS); `*`: any. */
  readonly corsOrigins: readonly string[];
  readonly tokens: readonly TokenConfig[];
  readonly rateLimit: RateLimitConfig;
  readonly metrics: OperatorAccess | "public";
  readonly status: OperatorAccess;
}

/**
 * Access to operators' pages; `local`: tokens, and programs on this machine through `operatorsPort`.
 */
export type OperatorAccess = "off" | "token" | "local";

/** The permissions of a token; the OpenAPI document lists them for each route. */
export const scopes = [
  "rooms:read",
  "rooms:write",
  "rooms:list",
  "rooms:import",
  "statistics:read",
  "metrics:read",
  "status:read",
] as const;

export type Scope = (typeof scopes)[number];

export interface TokenConfig {
  readonly name: string;
  /** SHA-256 of the token, 64 hexadecimal digits in lower case. */
  readonly sha256: string;
  readonly scopes: readonly Scope[];
}

export interface RateLimitConfig {
  readonly windowMs: number;
  /** Maximum requests per window from one address without a token. */
  readonly perAddress: number;
  /** Maximum requests per window with one token. */
  readonly perToken: number;
}

/** PINs reserved by front ends. */
export interface RoomsConfig {
  /** Whether the file sets the store: it is then used even without PINs and statistics. */
  readonly isStoreChosen: boolean;
  readonly store: StorePlace;
  readonly pinLength: number;
  /** How long a released PIN is not assigned again. */
  readonly restMs: number;
  /** `public`: a room's id is enough to get its PIN, as in Jitsi's API. */
  readonly jitsiConfCode: "token" | "public";
}

/** Access to the statistics; `off`: none are kept. */
export type StatisticsConfig = "off" | "token" | "public";

/** The page for people. */
export interface PageConfig {
  readonly title: Readonly<Record<Language, string>>;
  readonly operator: OperatorConfig | undefined;
  /** Paragraphs that the operator adds to the privacy notice. */
  readonly privacyNote: Readonly<Record<Language, readonly string[]>>;
}

export interface OperatorConfig {
  readonly name: string;
  /** Line by line. */
  readonly address: readonly string[];
  readonly email: string | undefined;
  readonly phone: string | undefined;
  /** The contact for data protection. */
  readonly dataProtection: string | undefined;
  readonly imprintUrl: string | undefined;
  readonly privacyUrl: string | undefined;
}

/** The control socket between the command line and the running instance. */
export interface ControlConfig {
  /** The path of the Unix socket. */
  readonly socket: string;
}

/** Synthetic calls. */
export interface SyntheticCallConfig {
  /** Between two synthetic calls, in milliseconds. */
  readonly intervalMs: number;
  /** Maximum random addition to the interval, in milliseconds. */
  readonly jitterMs: number;
  /** The trunk for outgoing synthetic calls; `undefined`: directly to drachtio. */
  readonly trunk: string | undefined;
  /** Trusted CAs for the registrar, in PEM form; `undefined`: Node's CAs. */
  readonly ca: string | undefined;
  /** drachtio's TLS address for the calls; `undefined`: the address that drachtio reports. */
  readonly contact: { readonly host: string; readonly port: number } | undefined;
  /** Names of BBB servers, called in turn. */
  readonly servers: readonly string[];
}

/** Whether a store is needed: for PINs, statistics, or pseudonym keys if the file sets a store. Without one nothing is written to disk. */
export function needsStore({
  http: { tokens },
  statistics,
  rooms,
}: Pick<Config, "http" | "statistics" | "rooms">): boolean {
  return rooms.isStoreChosen || tokens.length > 0 || statistics !== "off" || rooms.jitsiConfCode !== "token";
}
