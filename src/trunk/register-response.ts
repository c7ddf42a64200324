import { isIP } from "node:net";

import { plainText } from "../util/plain-text.js";
import { type Contact, readContacts } from "./contact.js";
import type { Target } from "./registrar-host.js";
import type { SipFinalResponse } from "./sip-requests.js";

/** What a REGISTER came to. */
export type RegisterOutcome =
  | {
      readonly kind: "registered";
      readonly expiresInMs: number;
      /** When the REGISTER that was granted was sent, in milliseconds of the monotonic clock: from then on the time runs. */
      readonly sentAt: number;
      /** The address from which the registrar sees us, `undefined` when it does not say. */
      readonly seen: string | undefined;
      readonly listed: Grant["listed"];
    }
  | { readonly kind: "too-brief"; readonly minSeconds: number }
  /** This server can't register us, or must not be given what it asks for; another one may. */
  | { readonly kind: "unavailable"; readonly why: string; readonly retryAfterMs?: number | undefined }
  /** The registrar does not register this user, and would say so again. */
  | { readonly kind: "rejected"; readonly why: string; readonly retryAfterMs?: number | undefined }
  /** It refers to another server; `to` is that one where it is told by an address. */
  | { readonly kind: "redirected"; readonly why: string; readonly to: Target | undefined }
  /** Nothing was sent. */
  | { readonly kind: "failed"; readonly why: string };

/** What each means for the operator of a trunk, who can do something about it. */
const hints: Readonly<Record<number, string>> = {
  401: "the registrar does not accept the password (trunks[].username, auth_username, password)",
  403: "the registrar does not let this user register (trunks[].username, password, or the account at the provider)",
  404: "the registrar does not know this user (trunks[].username, domain)",
  407: "the proxy before the registrar does not accept the password (trunks[].username, auth_username, password)",
};

const maxHostLength = 80;

/** Reads the final response of a registrar that is not a challenge that can be answered. */
export function readRegisterResponse(
  response: SipFinalResponse,
  request: {
    readonly contact: OwnContact;
    readonly transport: "udp" | "tcp" | "tls";
    readonly seconds: number;
    readonly sentAt: number;
  },
): RegisterOutcome {
  const { status } = response;
  if (isLocallyGenerated(response)) return { kind: "unavailable", why: noResponseText(response) };
  if (status === 200) {
    const { seconds, listed } = readGrant(response, request.contact, request.seconds);
    return {
      kind: "registered",
      expiresInMs: seconds * 1_000,
      sentAt: request.sentAt,
      seen: seenAddress(response),
      listed,
    };
  }
  if (status === 423 && minExpiry(response) > 0) return { kind: "too-brief", minSeconds: minExpiry(response) };
  if (status >= 300 && status < 400) return redirection(response, request.transport);
  const retryAfterMs = retryAfter(response);
  const text = `${status} ${response.reason}`;
  // RFC 3261 section 8.1.3.1 takes a 408 of a server for its silence; section 21.5: the 5xx are faults of this server.
  if (status === 408 || (status >= 500 && status < 600)) return { kind: "unavailable", why: text, retryAfterMs };
  return rejection(response, retryAfterMs);
}

/** An answer that will be the same the next time. */
export function rejection(
  response: SipFinalResponse,
  retryAfterMs = retryAfter(response),
): Extract<RegisterOutcome, { kind: "rejected" }> {
  const meaning = hints[response.status];
  return {
    kind: "rejected",
    why: `${response.status} ${response.reason}${meaning === undefined ? "" : `: ${meaning}`}`,
    retryAfterMs,
  };
}

/** drachtio makes up a 408 or 503 when no answer comes; it has no Via that a registrar has filled in, and names no time. */
export function isLocallyGenerated(response: SipFinalResponse): boolean {
  return (
    (response.status === 408 || response.status === 503) &&
    seenAddress(response) === undefined &&
    retryAfter(response) === undefined
  );
}

export function noResponseText({ status }: SipFinalResponse): string {
  return `the registrar does not answer (${status})`;
}

/** Strangers are named to the operator, not followed: the password is for the registrar in the configuration. */
function redirection(response: SipFinalResponse, transport: "udp" | "tcp" | "tls"): RegisterOutcome {
  const [contact] = readContacts(response.header("Contact") ?? "");
  const text = `${response.status} ${response.reason}`;
  if (contact === undefined)
    return { kind: "redirected", why: `${text}: the registrar refers to another server and names none`, to: undefined };
  const port = contact.port ?? (transport === "tls" ? 5_061 : 5_060);
  const host = isIP(contact.host) === 0 ? plainText(contact.host, maxHostLength) : contact.host;
  const hostPort = `${isIP(contact.host) === 6 ? `[${host}]` : host}:${port}`;
  return {
    kind: "redirected",
    why: `${text}: the registrar refers to ${hostPort}, which is not followed: if the provider confirms it, set it as trunks[].registrar`,
    to: { address: contact.host, port },
  };
}

/** The Contact that we register. */
export interface OwnContact {
  readonly user: string;
  readonly host: string;
  readonly port: number;
}

/** What a 200 to a REGISTER says of our binding. */
export interface Grant {
  readonly seconds: number;
  /** Whether our Contact is among the bindings that it lists: `alike` are some of our user; `unknown`: it lists none, as some registrars do. */
  readonly listed: "yes" | "alike" | "no" | "unknown";
}

/** RFC 3261 section 10.2 takes an hour where nothing is asked for; a registrar that grants more is asked again by then, in seconds. */
const defaultExpirySeconds = 3_600;
/** Of a list in which ours can't be told from others' the shortest counts, but no less than this, in seconds. */
const minGuessSeconds = 30;
/** A registrar may keep a trunk from trying for this long, in milliseconds: it may be well long before the time it named. */
export const maxRetryAfterMs = 300_000;

/**
 * The seconds that the registrar grants: the `expires` of our own Contact in the 200, else the Expires header, else what was
 * asked for (RFC 3261 section 10.2.4). A 200 lists all bindings of the address of record, those of other devices too.
 */
export function readGrant(response: SipFinalResponse, own: OwnContact, asked: number): Grant {
  const contacts = readContacts(response.header("Contact") ?? "");
  const header = secondsIn(response.header("Expires"));
  const capped = (seconds: number | undefined): number =>
    Math.min(seconds ?? asked, Math.max(asked, defaultExpirySeconds));
  if (contacts.length === 0) return { seconds: capped(header), listed: "unknown" };
  const ofUser = contacts.filter(({ user }) => user === own.user);
  const exact = exactAmong(contacts, ofUser, own, seenAddress(response));
  // A binding that is listed has not ended: 0 in the header is of others that were removed.
  const headerTime = header === 0 ? undefined : header;
  const ours = exact ?? (ofUser.length === 1 ? ofUser[0] : undefined);
  if (ours !== undefined)
    return { seconds: capped(expiryOf(ours) ?? headerTime), listed: exact === undefined ? "alike" : "yes" };
  // Other devices of the account have its user, too.
  const candidates = ofUser.length === 0 ? contacts : ofUser;
  const times = candidates.map(expiryOf).filter((time) => time !== undefined && time > 0);
  const least = times.length === 0 ? headerTime : Math.max(minGuessSeconds, Math.min(...times.map(Number)));
  return { seconds: Math.min(asked, capped(least)), listed: ofUser.length === 0 ? "no" : "alike" };
}

/** The seconds that a 423 asks for at least (RFC 3261 section 20.23); 0 when it does not say. */
export function minExpiry(response: SipFinalResponse): number {
  return Number(/^\s*(\d{1,9})\s*$/.exec(response.header("Min-Expires") ?? "")?.[1] ?? 0);
}

/** The time after which a registrar wants to be asked again (RFC 3261 section 20.33), in milliseconds and capped; `undefined` when it names none. */
export function retryAfter(response: SipFinalResponse): number | undefined {
  const seconds = /^\s*(\d+)\s*(?:[(;].*)?$/s.exec(response.header("Retry-After") ?? "")?.[1];
  return seconds === undefined ? undefined : Math.min(maxRetryAfterMs, Number(seconds) * 1_000);
}

/** The address and port from which the other side has seen our request (RFC 3581), `undefined` when it does not say. */
export function seenAddress(response: SipFinalResponse): string | undefined {
  const via = (response.header("Via") ?? "").split(",", 1)[0] ?? "";
  const port = /;\s*rport=(\d+)/i.exec(via)?.[1];
  if (port === undefined) return undefined;
  return `${/;\s*received=([^;\s]+)/i.exec(via)?.[1] ?? ""}:${port}`;
}

/** Ours as we wrote it, else the one with the address from which the registrar sees us, which a border element made of it. */
function exactAmong(
  contacts: readonly Contact[],
  ofUser: readonly Contact[],
  own: OwnContact,
  seen: string | undefined,
): Contact | undefined {
  const isAt = (contact: Contact, host: string, port: number): boolean =>
    contact.host === host && (contact.port ?? defaultPort(contact)) === port;
  const [, seenHost = "", seenPort = ""] = /^\[?(.*?)\]?:(\d+)$/.exec(seen ?? "") ?? [];
  return (
    ofUser.find((contact) => isAt(contact, own.host.toLowerCase(), own.port)) ??
    contacts.find((contact) => isAt(contact, seenHost.toLowerCase(), Number(seenPort)))
  );
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
