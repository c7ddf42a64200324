import { parseNameAddr, parseUri, type SipRequest } from "../../softphone/sip/index.js";

/** What FreeSWITCH, and with it BBB, takes for the caller's name and number. */
export interface CallerIdentity {
  /** `Caller-Caller-ID-Name`: shown to everybody in the meeting. */
  readonly name: string;
  /** `Caller-Caller-ID-Number`: reaches every web client, and is BBB's ban key. */
  readonly number: string;
}

// mod_sofia lets these win over From when they are there: a gateway that forwards one shows its number to the meeting.
const IDENTITY_HEADERS = ["P-Asserted-Identity", "P-Preferred-Identity", "Remote-Party-ID"] as const;

export function callerIdentity(request: SipRequest): CallerIdentity {
  for (const header of IDENTITY_HEADERS) {
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
