export type EngineName = "drachtio" | "FreeSWITCH";

/** Versions that einwahl's engine tests were run with (docs/operations.md). */
const tried: Readonly<Record<EngineName, readonly [string, ...string[]]>> = {
  drachtio: ["0.9.10"],
  FreeSWITCH: ["1.10.12", "1.11.3"],
};

/** Versions with a bug that affects callers. */
const unusable: Readonly<Record<EngineName, ReadonlyMap<string, string>>> = {
  drachtio: new Map(),
  // read_rtp_packet (switch_rtp.c) spins while the peer is silent. Fixed by https://github.com/signalwire/freeswitch/pull/3129
  FreeSWITCH: new Map([["1.11.2", "a call hangs after one stray RTP packet"]]),
};

/** The assessment of an engine's version, with texts for the operator. */
export interface VersionSupport {
  readonly kind: "tested" | "untested" | "unusable" | "unreadable";
  readonly message: string;
  /** The recommended action; "" for none. */
  readonly cure: string;
}

/** @param version as reported by the engine: `v0.9.10`, `1.10.12-release` */
export function versionSupport(engine: EngineName, version: string): VersionSupport {
  const number = /^v?(\d{1,3}\.\d{1,3}\.\d{1,3})(?!\d)/.exec(version)?.[1];
  const good = `${engine} ${tried[engine].join(" or ")}`;
  if (number === undefined)
    return {
      kind: "unreadable",
      message: `${engine} reports an unreadable version: ${version.replace(/[^\w.-]/g, "?").slice(0, 40)}`,
      cure: `use ${good}, which einwahl is tested with`,
    };
  const fault = unusable[engine].get(number);
  if (fault !== undefined)
    return {
      kind: "unusable",
      message: `${engine} ${number} must not be used: ${fault}`,
      cure: `use ${good}, which einwahl is tested with`,
    };
  if (tried[engine].includes(number))
    return { kind: "tested", message: `${engine} ${number}, which einwahl is tested with`, cure: "" };
  return {
    kind: "untested",
    message: `einwahl is not tested with ${engine} ${number}`,
    cure: `use ${good}, or test this version before it takes calls: einwahl call, synthetic_call`,
  };
}

/** The version in FreeSWITCH's response to `status`; "" for none. */
export function freeSwitchVersion(status: string): string {
  return /\bVersion ([\w.+~-]{1,60})/.exec(status)?.[1] ?? "";
}
