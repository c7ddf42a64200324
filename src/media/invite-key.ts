import { createHash } from "node:crypto";

/**
 * The header by which the media server tells drachtio's INVITEs from those of strangers: whom it takes an INVITE from gets
 * an event socket without a password (`freeswitch/conf/dialplan/mrf.xml`). FreeSWITCH unsets it before anything else.
 */
export const inviteKeyHeader = "X-Einwahl-Key";

/** Derived from the event socket's password, as `freeswitch/start.sh` does it with sha256sum, and stored nowhere. */
export function inviteKey(password: string): string {
  return createHash("sha256").update(`einwahl drachtio_mrf ${password}`).digest("hex");
}

/** Why FreeSWITCH would refuse drachtio's INVITEs, or take those of strangers. */
export type InviteFault = "no-key" | "other-key" | "address-not-allowed";

/**
 * Compares what the dialplan demands with what einwahl sends.
 *
 * @param getGlobal FreeSWITCH's `global_getvar`; `undefined`: no answer
 */
export async function inviteFault(
  getGlobal: (name: string) => Promise<string | undefined>,
  { password, advertisedAddress }: { readonly password: string; readonly advertisedAddress: string },
): Promise<InviteFault | undefined> {
  const key = await getGlobal("einwahl_key");
  if (key === undefined) return undefined;
  // A configuration of before the key: FreeSWITCH has no such variable.
  if (key === "" || key.startsWith("-ERR")) return "no-key";
  if (key !== inviteKey(password)) return "other-key";
  const hosts = await getGlobal("einwahl_control_hosts");
  return hosts === undefined || matches(hosts, advertisedAddress) ? undefined : "address-not-allowed";
}

/** The variable is the regular expression that start.sh makes of EINWAHL_FS_CONTROL_HOSTS: hosts with `|` between them and `[.]` for a dot. */
function matches(hosts: string, address: string): boolean {
  return hosts.split("|").some((host) => host.replaceAll("[.]", ".") === address);
}
