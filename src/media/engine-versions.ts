export type EngineName = "drachtio" | "FreeSWITCH";

/** The engines with which einwahl's tests were run; docs/operations.md says how. */
const tried: Readonly<Record<EngineName, readonly [string, ...string[]]>> = {
  drachtio: ["0.9.10"],
  FreeSWITCH: ["1.10.12", "1.11.3"],
};

/** Versions with a fault that callers notice. */
const unusable: Readonly<Record<EngineName, ReadonlyMap<string, string>>> = {
  drachtio: new Map(),
  // read_rtp_packet of src/switch_rtp.c spins while the peer is silent; signalwire/freeswitch#3129 mends it.
  FreeSWITCH: new Map([["1.11.2", "a call hangs after one stray RTP packet"]]),
};

/** What is known of the version of an engine, in words for its operator. */
export interface VersionVerdict {
  readonly kind: "tried" | "untried" | "unusable" | "unreadable";
  readonly message: string;
  /** What to do about it; "" for nothing. */
  readonly cure: string;
}

/** @param version as the engine names it: `v0.9.10`, `1.10.12-release` */
export function versionVerdict(engine: EngineName, version: string): VersionVerdict {
  const number = /^v?(\d{1,3}\.\d{1,3}\.\d{1,3})(?!\d)/.exec(version)?.[1];
  const good = `${engine} ${tried[engine].join(" or ")}`;
  if (number === undefined)
    return {
      kind: "unreadable",
      message: `${engine} tells a version that says nothing: ${version.replace(/[^\w.-]/g, "?").slice(0, 40)}`,
      cure: `use ${good}, with which einwahl was tried`,
    };
  const fault = unusable[engine].get(number);
  if (fault !== undefined)
    return {
      kind: "unusable",
      message: `${engine} ${number} must not be used: ${fault}`,
      cure: `use ${good}, with which einwahl was tried`,
    };
  if (tried[engine].includes(number))
    return { kind: "tried", message: `${engine} ${number}, with which einwahl was tried`, cure: "" };
  return {
    kind: "untried",
    message: `einwahl was never tried with ${engine} ${number}`,
    cure: `use ${good}, or try this one before callers do: einwahl call, synthetic_call`,
  };
}

/** The version in what FreeSWITCH answers to `status`; "" if none is there. */
export function freeSwitchVersion(status: string): string {
  return /\bVersion ([\w.+~-]{1,60})/.exec(status)?.[1] ?? "";
}
