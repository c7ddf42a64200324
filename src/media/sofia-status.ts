import { isIP } from "node:net";

/** The profile for calls to BBB servers over TLS (`freeswitch/conf/sip_profiles/bbb.xml`). */
export const bbbProfile = "bbb";

/** Whether a sofia profile is running, from FreeSWITCH's response to `sofia status`. */
export function isRunning(status: string, profile: string): boolean {
  return status.split("\n").some((line) => line.trim().startsWith(`${profile}\t`) && line.includes("RUNNING"));
}

/** The address family that a sofia profile is bound to and calls over (sofia-sip, nta.c); `undefined` if not found. */
export function profileFamily(status: string, profile: string): 4 | 6 | undefined {
  const line = status.split("\n").find((each) => each.trim().startsWith(`${profile}\tprofile\t`)) ?? "";
  const host = /sip:mod_sofia@(?:\[([\da-f:.]+)\]|([\d.]+))/i.exec(line);
  const family = isIP(host?.[1] ?? host?.[2] ?? "");
  return family === 4 || family === 6 ? family : undefined;
}
