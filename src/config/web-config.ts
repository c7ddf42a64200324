import type { Language } from "../caller/language.js";
import type { StorePlace } from "../store/open-stores.js";
import type { Scope } from "./scopes.js";

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
