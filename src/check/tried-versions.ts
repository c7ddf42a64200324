import { type Finding, error, fine, warning } from "./finding.js";

/** The engines with which einwahl's tests were run; raise it with them. */
export const triedVersions = { drachtio: ["0.9.10"], FreeSWITCH: ["1.10.12"] } as const;

/** Versions with a fault that callers notice. */
const unusable = {
  drachtio: new Map<string, string>(),
  // Upstream's src/switch_rtp.c: after one stray packet the leg of a call hangs; said to be right in 1.11.3.
  FreeSWITCH: new Map([["1.11.2", "a call hangs after one stray RTP packet"]]),
} as const;

/** What is known of the version of an engine, as it names it: `v0.9.10`, `1.10.12-release`. */
export function versionFinding(path: string, engine: keyof typeof triedVersions, version: string): Finding {
  const shown = version.replace(/[^\w.-]/g, "?").slice(0, 40);
  const number = /^v?(\d{1,3}\.\d{1,3}\.\d{1,3})(?!\d)/.exec(version)?.[1];
  const tried = triedVersions[engine].join(", ");
  if (number === undefined) return warning(path, `${engine} tells a version that says nothing: ${shown}`, `use ${engine} ${tried}, with which einwahl was tried`);
  const fault = unusable[engine].get(number);
  if (fault !== undefined) return error(path, `${engine} ${number} must not be used: ${fault}`, `use ${engine} ${tried}, with which einwahl was tried`);
  if ((triedVersions[engine] as readonly string[]).includes(number)) return fine(path, `${engine} ${number}, with which einwahl was tried`);
  return warning(path, `einwahl was never tried with ${engine} ${number}`, `use ${engine} ${tried}, or try this one before callers do: einwahl call, synthetic_call`);
}
