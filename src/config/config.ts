import type { CountryCode } from "libphonenumber-js";

import type { Key } from "../call/dtmf-buffer.js";
import type { CalledNumberHeader } from "../caller/called-number.js";
import type { LabelSettings } from "../caller/label.js";
import type { Language } from "../caller/language.js";
import type { Secret } from "../caller/secret.js";
import type { GuessSettings } from "../store/guess-throttle.js";
import type { LogLevel } from "../util/log-level.js";
import type { ControlConfig } from "./control-config.js";
import type { SyntheticCallConfig } from "./synthetic-config.js";
import type { HttpConfig, PageConfig, RoomsConfig, StatisticsConfig } from "./web-config.js";

/**
 * What the operator has decided, complete with every default and frozen. `loadConfig` makes it; parts of it are
 * passed to those who need them, and nobody reads the file or the environment again. Names ending in `Ms` are
 * milliseconds.
 */
export interface Config {
  readonly language: Language;
  readonly drachtio: DrachtioConfig;
  readonly mediaServers: readonly [MediaServerConfig, ...MediaServerConfig[]];
  readonly trunks: readonly [TrunkConfig, ...TrunkConfig[]];
  readonly bbbServers: readonly [BbbServerConfig, ...BbbServerConfig[]];
  readonly calls: CallsConfig;
  readonly label: LabelSettings;
  /** `undefined`: a random key for each process. */
  readonly pseudonymKey: Secret | undefined;
  readonly http: HttpConfig;
  readonly control: ControlConfig;
  /** `undefined`: einwahl does not call itself. */
  readonly syntheticCall: SyntheticCallConfig | undefined;
  readonly rooms: RoomsConfig;
  readonly statistics: StatisticsConfig;
  readonly page: PageConfig;
  readonly logging: LoggingConfig;
  /** Where the media servers find the recordings, on their own disks. */
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
  /** `undefined`: standard output. Else files of this name with the day before its ending. */
  readonly file: string | undefined;
  /** 1 to 7: no line gets older, in files. */
  readonly retentionDays: number;
}

export interface MediaServerConfig {
  readonly name: string;
  readonly eventSocket: { readonly host: string; readonly port: number; readonly password: Secret };
  /** The sofia profile that takes the INVITEs of drachtio-fsmrf. */
  readonly sipProfile: string;
  /** Where einwahl listens for the outbound event socket of this media server. */
  readonly listenAddress: string;
  /** How this media server reaches that address. */
  readonly advertisedAddress: string;
  /** What callers are told as the address of its RTP, behind NAT; `undefined`: its own. */
  readonly publicAddress: string | undefined;
  /** The most calls at a time. */
  readonly capacity: number;
}

export type Provider = "easybell" | "dus.net" | "sipgate" | "telekom-companyflex" | "plusnet" | "generic";

export interface TrunkConfig {
  readonly name: string;
  readonly provider: Provider;
  /** `undefined`: the provider sends the calls to a fixed address, nothing is registered. */
  readonly registration: RegistrationConfig | undefined;
  readonly numbers: readonly [NumberConfig, ...NumberConfig[]];
  /** The most calls at a time; `undefined`: as many as there are altogether. */
  readonly channels: number | undefined;
  /** Addresses, networks (CIDR) and host names, the registrar's among them; its addresses by SRV come on top. */
  readonly sources: readonly string[];
  /** The country of numbers with one leading 0. */
  readonly country: CountryCode;
  /** Whether numbers such as 4930... are international. */
  readonly bareCountryCode: boolean;
  readonly calledNumberFrom: CalledNumberHeader;
  /** Whether the caller is taken from P-Asserted-Identity where there is one. */
  readonly trustsAssertedIdentity: boolean;
  /** `tls`: INVITEs over anything else are not this trunk's, as the SRTP keys would travel in the open. */
  readonly signalling: "tls" | "any";
  /** Whether calls without SRTP (SDES) are refused. */
  readonly srtp: "mandatory" | "optional";
  /** Settings of the provider that no source tells and the file does not name: the usual stands for them. */
  readonly assumed: readonly string[];
}

export interface RegistrationConfig {
  /** With `srv` the addresses and ports are in SRV records, and `port` is for when there are none. */
  readonly registrar: {
    readonly host: string;
    readonly port: number;
    readonly transport: SipTransport;
    readonly srv: boolean;
  };
  /** The domain of the trunk's address, `username@domain`. */
  readonly domain: string;
  readonly username: string;
  /** The user of the digest. */
  readonly authUsername: string;
  readonly password: Secret;
  /** The realms in which the password may be used, at a registrar that asks for it. */
  readonly realms: readonly [string, ...string[]];
  /** What the registrar's certificate must be, over TLS: for this name, from these authorities (PEM; `undefined`: those that Node knows). */
  readonly certificate: { readonly name: string; readonly ca: string | undefined };
  /** The public address of drachtio in the Contact; `undefined`: the one that drachtio reports. */
  readonly contact: { readonly host: string; readonly port: number } | undefined;
  /** What is asked for; what the registrar grants counts. */
  readonly expiresSeconds: number;
  /** How often the flow to the registrar is tried. */
  readonly keepaliveMs: number;
  /** `undefined`: nothing is done about a trunk that is registered and over which nothing comes. */
  readonly watchdog: { readonly silenceMs: number; readonly minIntervalMs: number } | undefined;
}

export interface NumberConfig {
  /** E.164 with `+`. */
  readonly number: string;
  /** Callers are greeted in the first and may switch to the others. */
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
  /** livekit-sip itself; `undefined`: the server's FreeSWITCH hands calls on to it. */
  readonly livekitSip: BbbServerConfig["sip"] | undefined;
  /** What carries the audio of meetings of which no webhook tells it; `auto`: the node is asked. */
  readonly audioBridge: "auto" | "freeswitch" | "livekit";
  /** Whether this server's webhooks are taken. */
  readonly webhooks: boolean;
  readonly pollIntervalMs: number;
}

export interface CallsConfig {
  /** The most calls at a time, over all media servers. */
  readonly maxConcurrent: number;
  readonly pin: {
    readonly tries: number;
    readonly firstKeyTimeoutMs: number;
    readonly nextKeyTimeoutMs: number;
    readonly dialogueTimeoutMs: number;
  };
  /** The most calls at a time for one number, and for a trunk's callers without a usable number. */
  readonly perNumber: number;
  readonly withheldPerTrunk: number;
  /** Whether callers without a usable number may enter a meeting from which one of them was removed. */
  readonly withheldAfterRemoval: "allow" | "refuse";
  /** The most callers who wait at a time, in all and for one conference. */
  readonly waitingPlaces: { readonly all: number; readonly perPin: number };
  readonly guessing: GuessSettings;
  /** `limitMs` 0: nobody waits for a conference that has not begun. */
  readonly waiting: { readonly limitMs: number; readonly remindEveryMs: number };
  /** Whether callers are told the keys before their first conference. */
  readonly hints: boolean;
  /** The key after `*` that leaves a conference; `undefined`: none does. */
  readonly leaveKey: Key | undefined;
  readonly maxDurationMs: number;
  /** A call from which no RTP has come for this long is over. */
  readonly mediaTimeoutMs: number;
  /** The same while the caller is on hold; for so long the dialogue waits for a caller on hold, too. */
  readonly holdTimeoutMs: number;
}
