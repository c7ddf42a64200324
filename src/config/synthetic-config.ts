/** The calls by which einwahl tries itself. */
export interface SyntheticCallConfig {
  /** From one to the next, in milliseconds. */
  readonly intervalMs: number;
  /** At most so much is added by chance, in milliseconds. */
  readonly jitterMs: number;
  /** The name of the trunk over which it calls; `undefined`: straight to drachtio. */
  readonly trunk: string | undefined;
  /** The authorities to trust at the registrar, in PEM form; `undefined`: the usual ones. */
  readonly ca: string | undefined;
  /** Where drachtio takes the calls, over TLS; `undefined`: where it says. */
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

/** @param servers the names of all BBB servers; @returns `undefined`: none are placed */
export function completeSyntheticCall(
  { enabled, interval, jitter, trunk, ca, contact, servers: chosen }: Settings,
  servers: readonly string[],
): SyntheticCallConfig | undefined {
  return enabled
    ? { intervalMs: interval, jitterMs: jitter, trunk, ca, contact, servers: chosen ?? servers }
    : undefined;
}
