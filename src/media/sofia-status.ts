/** Calls BBB servers over TLS and nothing else (`freeswitch/conf/sip_profiles/bbb.xml`). */
export const bbbProfile = "bbb";

/** Whether a sofia profile runs, by what FreeSWITCH answers to `sofia status`. */
export function isRunning(status: string, profile: string): boolean {
  return status.split("\n").some((line) => line.trim().startsWith(`${profile}\t`) && line.includes("RUNNING"));
}
