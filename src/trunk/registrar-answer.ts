import { type Contact, readContacts } from "./contact.js";
import type { SipRequestAnswer } from "./registrar.js";

/** The Contact that we register. */
export interface OwnContact {
  readonly user: string;
  readonly host: string;
  readonly port: number;
}

/** What a 200 to a REGISTER says of our binding. */
export interface Grant {
  readonly seconds: number;
  /** Whether our Contact is among the bindings that it lists; `unknown` when it lists none, as some registrars do. */
  readonly listed: "yes" | "no" | "unknown";
}

/** RFC 3261 section 10.2 takes an hour where nothing is asked for; a registrar that grants more is asked again by then, in seconds. */
const usualExpiry = 3_600;
/** Of a list in which ours can't be told from others' the shortest counts, but no less than this, in seconds. */
const leastGuess = 30;
/** A registrar may keep a trunk from trying for this long, in milliseconds: it may be well long before the time it named. */
export const maxRetryAfterMs = 300_000;

/**
 * The seconds that the registrar grants: the `expires` of our own Contact in the 200, else the Expires header, else what was
 * asked for (RFC 3261 section 10.2.4). A 200 lists all bindings of the address of record, those of other devices too.
 */
export function readGrant(answer: SipRequestAnswer, own: OwnContact, asked: number): Grant {
  const contacts = readContacts(answer.header("Contact") ?? "");
  const header = secondsIn(answer.header("Expires"));
  const capped = (seconds: number | undefined): number => Math.min(seconds ?? asked, Math.max(asked, usualExpiry));
  if (contacts.length === 0) return { seconds: capped(header), listed: "unknown" };
  const ours = ownAmong(contacts, own, seenAddress(answer));
  // A binding that is listed has not ended: 0 in the header is of others that were removed.
  const headerTime = header === 0 ? undefined : header;
  if (ours.length === 1) return { seconds: capped(expiryOf(ours[0]) ?? headerTime), listed: "yes" };
  const candidates = ours.length === 0 ? contacts : ours;
  const times = candidates.map(expiryOf).filter((time) => time !== undefined && time > 0);
  const least = times.length === 0 ? headerTime : Math.max(leastGuess, Math.min(...times.map(Number)));
  return { seconds: Math.min(asked, capped(least)), listed: ours.length === 0 ? "no" : "yes" };
}

/** The seconds that a 423 asks for at least (RFC 3261 section 20.23); 0 when it does not say. */
export function leastExpiry(answer: SipRequestAnswer): number {
  return Number(/^\s*(\d{1,9})\s*$/.exec(answer.header("Min-Expires") ?? "")?.[1] ?? 0);
}

/** The time after which a registrar wants to be asked again (RFC 3261 section 20.33), in milliseconds and capped; `undefined` when it names none. */
export function retryAfter(answer: SipRequestAnswer): number | undefined {
  const seconds = /^\s*(\d+)\s*(?:[(;].*)?$/s.exec(answer.header("Retry-After") ?? "")?.[1];
  return seconds === undefined ? undefined : Math.min(maxRetryAfterMs, Number(seconds) * 1_000);
}

/** The address and port from which the other side has seen our request (RFC 3581), `undefined` when it does not say. */
export function seenAddress(answer: SipRequestAnswer): string | undefined {
  const via = (answer.header("Via") ?? "").split(",", 1)[0] ?? "";
  const port = /;\s*rport=(\d+)/i.exec(via)?.[1];
  if (port === undefined) return undefined;
  return `${/;\s*received=([^;\s]+)/i.exec(via)?.[1] ?? ""}:${port}`;
}

/**
 * Ours as we wrote it, else what a border element made of it: the address from which it sees us, or at least our user. Other
 * devices of the same account have that user, too: all of them then.
 */
function ownAmong(contacts: readonly Contact[], own: OwnContact, seen: string | undefined): readonly Contact[] {
  const isAt = (contact: Contact, host: string, port: number): boolean => contact.host === host && (contact.port ?? defaultPort(contact)) === port;
  const ofUser = contacts.filter(({ user }) => user === own.user);
  const written = ofUser.filter((contact) => isAt(contact, own.host.toLowerCase(), own.port));
  if (written.length > 0) return written.slice(0, 1);
  const [, seenHost = "", seenPort = ""] = /^\[?(.*?)\]?:(\d+)$/.exec(seen ?? "") ?? [];
  const atFlow = contacts.filter((contact) => isAt(contact, seenHost.toLowerCase(), Number(seenPort)));
  if (atFlow.length > 0) return atFlow.slice(0, 1);
  return ofUser;
}

function defaultPort({ transport }: Contact): number {
  return transport === "tls" ? 5_061 : 5_060;
}

function expiryOf(contact: Contact | undefined): number | undefined {
  return secondsIn(contact?.parameters.get("expires"));
}

/** `undefined` for what is no number of seconds (RFC 3261 section 25.1, delta-seconds). */
function secondsIn(text: string | undefined): number | undefined {
  const digits = /^\s*(\d+)\s*$/.exec(text ?? "")?.[1];
  return digits === undefined ? undefined : Number(digits);
}
