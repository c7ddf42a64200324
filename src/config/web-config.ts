import type { Language } from "../caller/language.js";
import type { StorePlace } from "../store/open-stores.js";
import type { Scope } from "./scopes.js";

/** einwahl's own HTTP server. */
export interface HttpConfig {
  readonly host: string;
  readonly port: number;
  /** Of 127.0.0.1, for operators and their programs. */
  readonly operatorsPort: number;
  /** How people and front ends reach this server, without a slash at the end; `undefined`: where it listens. */
  readonly publicUrl: string | undefined;
  /** Addresses and networks whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  /** Whose pages may read what is public; `*`: everybody's. */
  readonly corsOrigins: readonly string[];
  readonly tokens: readonly TokenConfig[];
  readonly rateLimit: RateLimitConfig;
  readonly metrics: OperatorAccess | "public";
  readonly status: OperatorAccess;
}

/**
 * Who may see what is for operators; `local`: programs of this machine too, on `operatorsPort`.
 */
export type OperatorAccess = "off" | "token" | "local";

export interface TokenConfig {
  readonly name: string;
  /** SHA-256 of the token, 64 hexadecimal digits in lower case. */
  readonly sha256: string;
  readonly scopes: readonly Scope[];
}

export interface RateLimitConfig {
  readonly windowMs: number;
  /** Requests of one address without a token, in one window. */
  readonly perAddress: number;
  /** Requests with one token, in one window. */
  readonly perToken: number;
}

/** The PINs that front ends reserve. */
export interface RoomsConfig {
  /** Whether the file names the store: it is used then also where no PINs and sums are kept. */
  readonly isStoreChosen: boolean;
  readonly store: StorePlace;
  readonly pinLength: number;
  /** How long a released PIN is not given out again. */
  readonly restMs: number;
  /** Whether everybody may ask for the PIN of a room whose id is known, as Jitsi's front ends do. */
  readonly jitsiConfCode: "token" | "public";
}

/** Who may read the sums of calls; `off`: there are none. */
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
  /** Whom to ask about one's data. */
  readonly dataProtection: string | undefined;
  readonly imprintUrl: string | undefined;
  readonly privacyUrl: string | undefined;
}
