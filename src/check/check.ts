import type { Resolver } from "../trunk/resolver.js";
import type { Clock } from "../util/clock.js";
import type { Finding } from "./finding.js";

/** One check, independent of all others. */
export interface Check {
  /** The setting or component, shown as progress: `bbb_servers[0].api_url`. */
  readonly path: string;
  /** Rejects only on a bug. */
  run(): Promise<readonly Finding[]>;
}

/** The external dependencies of checks. */
export interface CheckTools {
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly epochMs: () => number;
  readonly resolver: Resolver;
  /** Trusted CAs for SIP over TLS, PEM; `undefined`: Node's CAs. */
  readonly authorities: string | undefined;
}

/** The timeout of one response, in milliseconds. */
export const answerTimeoutMs = 5_000;
