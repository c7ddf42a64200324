import type { Resolver } from "../trunk/resolver.js";
import type { Clock } from "../util/clock.js";
import type { Finding } from "./finding.js";

/** One thing that is looked at, independently of all others. */
export interface Check {
  /** What it is about, for whoever watches: `bbb_servers[0].api_url`. */
  readonly path: string;
  /** Looks; rejects for a bug only. */
  run(): Promise<readonly Finding[]>;
}

/** What checks have to do with the world. */
export interface CheckTools {
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly epochMs: () => number;
  readonly resolver: Resolver;
  /** Authorities to trust in SIP over TLS, PEM, instead of the usual ones; `undefined`: the usual ones. */
  readonly authorities: string | undefined;
}

/** How long one other machine may take for one answer, in milliseconds. */
export const answerTimeoutMs = 5_000;
