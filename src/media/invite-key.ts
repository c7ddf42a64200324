import { createHash } from "node:crypto";

/**
 * Authenticates drachtio's INVITEs at the media server: the sender of an accepted INVITE gets an event socket without a
 * password (`freeswitch/conf/dialplan/mrf.xml`). The dialplan unsets the header first.
 */
export const inviteKeyHeader = "X-Einwahl-Key";

/** Derived from the event socket's password like in `freeswitch/start.sh` (sha256sum); not stored. */
export function inviteKey(password: string): string {
  return createHash("sha256").update(`einwahl drachtio_mrf ${password}`).digest("hex");
}

/** Why FreeSWITCH would reject drachtio's INVITEs, or accept those of unknown sources. */
export type InviteFault = "no-key" | "other-key" | "address-not-allowed";

/** Faults with which every call would end as media-unavailable. */
export const inviteFaultTexts: Readonly<Record<Exclude<InviteFault, "no-key">, string>> = {
  "other-key":
    "it would reject every call: its dialplan expects another key than the one derived from the event socket password (start it with freeswitch/start.sh)",
  "address-not-allowed":
    "it would reject every call: its dialplan does not allow advertised_address (EINWAHL_FS_CONTROL_HOSTS)",
};

/**
 * Compares the key and host that the dialplan requires with those that einwahl sends.
 *
 * @param getGlobal FreeSWITCH's `global_getvar`; `undefined`: no response
 */
export async function inviteFault(
  getGlobal: (name: string) => Promise<string | undefined>,
  { password, advertisedAddress }: { readonly password: string; readonly advertisedAddress: string },
): Promise<InviteFault | undefined> {
  const key = await getGlobal("einwahl_key");
  if (key === undefined) return undefined;
  // A FreeSWITCH configuration older than the key has no such variable.
  if (key === "" || key.startsWith("-ERR")) return "no-key";
  if (key !== inviteKey(password)) return "other-key";
  const hosts = await getGlobal("einwahl_control_hosts");
  return hosts === undefined || matches(hosts, advertisedAddress) ? undefined : "address-not-allowed";
}

/** start.sh turns EINWAHL_FS_CONTROL_HOSTS into a regular expression: hosts joined by `|`, with `[.]` for a dot. */
function matches(hosts: string, address: string): boolean {
  return hosts.split("|").some((host) => host.replaceAll("[.]", ".") === address);
}
