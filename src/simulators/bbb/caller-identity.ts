import { parseNameAddr, parseUri, type SipRequest } from "../../softphone/sip/index.js";

/** The caller's name and number as FreeSWITCH, and therefore BBB, read them. */
export interface CallerIdentity {
  /** `Caller-Caller-ID-Name`: visible to all participants. */
  readonly name: string;
  /** `Caller-Caller-ID-Number`: sent to every web client, and BBB's ban key. */
  readonly number: string;
}

// mod_sofia prefers these to From: a gateway that forwards one discloses the number to the meeting.
const identityHeaders = ["P-Asserted-Identity", "P-Preferred-Identity", "Remote-Party-ID"] as const;

export function callerIdentity(request: SipRequest): CallerIdentity {
  for (const header of identityHeaders) {
    const value = request.headers.list(header)[0];
    const asserted = value === undefined ? undefined : parseNameAddr(value);
    if (asserted !== undefined) return { name: asserted.displayName, number: userOf(asserted.uri) };
  }
  return { name: request.from.displayName, number: userOf(request.from.uri) };
}

function userOf(uri: string): string {
  const user = parseUri(uri)?.user ?? "";
  try {
    return decodeURIComponent(user);
  } catch {
    return user;
  }
}
