import { splitValues } from "../caller/name-address.js";
import type { SipRequestAnswer } from "./registrar.js";

/**
 * The seconds that the registrar grants: the `expires` of our own Contact in the 200, else the Expires header, else
 * what was asked for (RFC 3261 section 10.3, step 8).
 */
export function grantedExpiry(answer: SipRequestAnswer, contactUri: string, asked: number): number {
  const own = ownContact(answer, contactUri);
  const seconds = own === undefined ? undefined : /;\s*expires\s*=\s*"?(\d{1,9})/i.exec(own.slice(own.lastIndexOf(">") + 1))?.[1];
  const header = /^\s*(\d{1,9})\s*$/.exec(answer.header("Expires") ?? "")?.[1];
  return Number(seconds ?? header ?? asked);
}

/**
 * Whether our Contact is among the bindings that the 200 lists (RFC 3261 section 10.3, step 8: all current ones).
 * Some registrars list none at all, which says nothing.
 */
export function contactStanding(answer: SipRequestAnswer, contactUri: string): "yes" | "no" | "unknown" {
  if (contactsOf(answer).length === 0) return "unknown";
  return ownContact(answer, contactUri) === undefined ? "no" : "yes";
}

/** The seconds that a 423 asks for at least (RFC 3261 section 20.23); 0 when it does not say. */
export function leastExpiry(answer: SipRequestAnswer): number {
  return Number(/^\s*(\d{1,9})\s*$/.exec(answer.header("Min-Expires") ?? "")?.[1] ?? 0);
}

/** The address and port from which the other side has seen our request (RFC 3581), `undefined` when it does not say. */
export function seenAddress(answer: SipRequestAnswer): string | undefined {
  const via = (answer.header("Via") ?? "").split(",", 1)[0] ?? "";
  const port = /;\s*rport=(\d+)/i.exec(via)?.[1];
  if (port === undefined) return undefined;
  return `${/;\s*received=([^;\s]+)/i.exec(via)?.[1] ?? ""}:${port}`;
}

/** Ours as we wrote it, or one with our user: a border element may have put itself in the place of our address. */
function ownContact(answer: SipRequestAnswer, contactUri: string): string | undefined {
  const contacts = contactsOf(answer);
  const user = userOf(contactUri);
  return contacts.find((contact) => contact.includes(contactUri)) ?? contacts.find((contact) => userOf(contact) === user);
}

function contactsOf(answer: SipRequestAnswer): readonly string[] {
  return splitValues(answer.header("Contact") ?? "").filter((contact) => contact.trim() !== "");
}

function userOf(text: string): string | undefined {
  return /sips?:([^@>;]+)@/i.exec(text)?.[1];
}
