import type { Resolver } from "../trunk/resolver.js";
import type { Clock } from "../util/clock.js";
import { networkFault } from "../util/network-fault.js";

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

/** A result of `einwahl check` about a setting or component. Never contains a secret, a PIN or a number. */
export interface Finding {
  /** `error`: calls fail or einwahl does not start; `warning`: calls work, but only for now or unencrypted. */
  readonly severity: "error" | "warning" | "ok";
  /** The setting, such as `bbb_servers[0].api_url`, or the component, such as `media_servers[0]`. */
  readonly path: string;
  /** The result, read after the path and a colon. */
  readonly message: string;
  /** The suggested fix; "" if none is needed. */
  readonly cure: string;
}

export function error(path: string, message: string, cure: string): Finding {
  return { severity: "error", path, message, cure };
}

export function warning(path: string, message: string, cure: string): Finding {
  return { severity: "warning", path, message, cure };
}

export function fine(path: string, message: string): Finding {
  return { severity: "ok", path, message, cure: "" };
}

/** The address and the reason why a connection failed. */
export function unreachable(place: string, code: string): string {
  return `${place}: ${networkFault(code) ?? "no connection"}${code === "" ? "" : ` (${code})`}`;
}
