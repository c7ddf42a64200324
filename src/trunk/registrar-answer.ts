import { splitValues } from "../caller/name-address.js";
import type { SipRequestAnswer } from "./registration.js";

/**
 * The seconds that the registrar grants: the `expires` of our own Contact in the 200, else the Expires header, else
 * what was asked for (RFC 3261 section 10.3, step 8).
 */
export function grantedExpiry(answer: SipRequestAnswer, contactUri: string, asked: number): number {
  const contacts = splitValues(answer.header("Contact") ?? "");
  const user = userOf(contactUri);
  const own = contacts.find((contact) => contact.includes(contactUri)) ?? contacts.find((contact) => userOf(contact) === user);
  const seconds = own === undefined ? undefined : /;\s*expires\s*=\s*"?(\d{1,9})/i.exec(own.slice(own.lastIndexOf(">") + 1))?.[1];
  const header = /^\s*(\d{1,9})\s*$/.exec(answer.header("Expires") ?? "")?.[1];
  return Number(seconds ?? header ?? asked);
}

/** The address and port from which the other side has seen our request (RFC 3581), `undefined` when it does not say. */
export function seenAddress(answer: SipRequestAnswer): string | undefined {
  const via = (answer.header("Via") ?? "").split(",", 1)[0] ?? "";
  const port = /;\s*rport=(\d+)/i.exec(via)?.[1];
  if (port === undefined) return undefined;
  return `${/;\s*received=([^;\s]+)/i.exec(via)?.[1] ?? ""}:${port}`;
}

function userOf(text: string): string | undefined {
  return /sips?:([^@>;]+)@/i.exec(text)?.[1];
}
