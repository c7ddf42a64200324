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

interface Settings {
  readonly enabled: boolean;
  readonly interval: number;
  readonly jitter: number;
  readonly trunk?: string | undefined;
  readonly ca?: string | undefined;
  readonly contact?: SyntheticCallConfig["contact"];
  readonly servers?: readonly string[] | undefined;
}

/** @param servers the names of all BBB servers; @returns `undefined` if disabled */
export function completeSyntheticCall(
  { enabled, interval, jitter, trunk, ca, contact, servers: chosen }: Settings,
  servers: readonly string[],
): SyntheticCallConfig | undefined {
  return enabled
    ? { intervalMs: interval, jitterMs: jitter, trunk, ca, contact, servers: chosen ?? servers }
    : undefined;
}
