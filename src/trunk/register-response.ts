import { isIP } from "node:net";

import { plainText } from "../util/plain-text.js";
import { type Contact, readContacts } from "./contact.js";
import type { Target } from "./registrar-host.js";
import type { SipFinalResponse } from "./sip-requests.js";

/** The outcome of a REGISTER. */
export type RegisterOutcome =
  | {
      readonly kind: "registered";
      readonly expiresInMs: number;
      /** When the granted REGISTER was sent (monotonic clock, milliseconds); the expiry counts from then. */
      readonly sentAt: number;
      /** Our address as seen by the registrar; `undefined` if unknown. */
      readonly seen: string | undefined;
      readonly listed: Grant["listed"];
    }
  | { readonly kind: "too-brief"; readonly minSeconds: number }
  /** This server cannot register us, or its challenge must not be answered. Another one may work. */
  | { readonly kind: "unavailable"; readonly why: string; readonly retryAfterMs?: number | undefined }
  /** The registrar rejects this user; a retry would get the same response. */
  | { readonly kind: "rejected"; readonly why: string; readonly retryAfterMs?: number | undefined }
  /** Redirected to another server; `to` is `undefined` without a usable Contact. */
  | { readonly kind: "redirected"; readonly why: string; readonly to: Target | undefined }
  /** Nothing was sent. */
  | { readonly kind: "failed"; readonly why: string };

/** Hints for the operator by status code. */
const hints: Readonly<Record<number, string>> = {
  401: "the registrar does not accept the password (trunks[].username, auth_username, password)",
  403: "the registrar does not let this user register (trunks[].username, password, or the account at the provider)",
  404: "the registrar does not know this user (trunks[].username, domain)",
  407: "the proxy before the registrar does not accept the password (trunks[].username, auth_username, password)",
};

const maxHostLength = 80;

/** Reads a registrar's final response, except for challenges that can be answered. */
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
  // A 408 equals a timeout (RFC 3261 section 8.1.3.1); 5xx are faults of this server (section 21.5).
  if (status === 408 || (status >= 500 && status < 600)) return { kind: "unavailable", why: text, retryAfterMs };
  return rejection(response, retryAfterMs);
}

/** A response that a retry would get again. */
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

/** drachtio generates a 408 or 503 on timeout, without a Via from the registrar and without Retry-After. */
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

/** Reports the target to the operator. Other servers are not followed: the password is for the configured registrar only. */
function redirection(response: SipFinalResponse, transport: "udp" | "tcp" | "tls"): RegisterOutcome {
  const [contact] = readContacts(response.header("Contact") ?? "");
  const text = `${response.status} ${response.reason}`;
  if (contact === undefined)
    return { kind: "redirected", why: `${text}: the registrar redirects without naming a server`, to: undefined };
  const port = contact.port ?? (transport === "tls" ? 5_061 : 5_060);
  const host = isIP(contact.host) === 0 ? plainText(contact.host, maxHostLength) : contact.host;
  const hostPort = `${isIP(contact.host) === 6 ? `[${host}]` : host}:${port}`;
  return {
    kind: "redirected",
    why: `${text}: the registrar redirects to ${hostPort}, which is not followed: if the provider confirms it, set it as trunks[].registrar`,
    to: { address: contact.host, port },
  };
}

/** Our Contact in the REGISTER. */
export interface OwnContact {
  readonly user: string;
  readonly host: string;
  readonly port: number;
}

/** Our binding in the 200 to a REGISTER. */
export interface Grant {
  readonly seconds: number;
  /** Whether the 200 lists our Contact. `alike`: only Contacts with our user; `unknown`: it lists no bindings at all. */
  readonly listed: "yes" | "alike" | "no" | "unknown";
}

/** RFC 3261 section 10.2: default expiry in seconds. Longer grants are refreshed by then anyway. */
const defaultExpirySeconds = 3_600;
/** If our binding cannot be identified the shortest expiry counts, but at least this many seconds. */
const minGuessSeconds = 30;
/** Upper limit for Retry-After in milliseconds: the registrar may recover earlier than it announced. */
export const maxRetryAfterMs = 300_000;

/**
 * The granted expiry in seconds: `expires` of our Contact in the 200, else the Expires header, else the requested value
 * (RFC 3261 section 10.2.4). A 200 lists all bindings of the address of record, including those of other devices.
 */
export function readGrant(response: SipFinalResponse, own: OwnContact, asked: number): Grant {
  const contacts = readContacts(response.header("Contact") ?? "");
  const header = secondsIn(response.header("Expires"));
  const capped = (seconds: number | undefined): number =>
    Math.min(seconds ?? asked, Math.max(asked, defaultExpirySeconds));
  if (contacts.length === 0) return { seconds: capped(header), listed: "unknown" };
  const ofUser = contacts.filter(({ user }) => user === own.user);
  const exact = exactAmong(contacts, ofUser, own, seenAddress(response));
  // A listed binding is active: an Expires header of 0 refers to removed bindings.
  const headerTime = header === 0 ? undefined : header;
  const ours = exact ?? (ofUser.length === 1 ? ofUser[0] : undefined);
  if (ours !== undefined)
    return { seconds: capped(expiryOf(ours) ?? headerTime), listed: exact === undefined ? "alike" : "yes" };
  // Other devices of the account may have the same user.
  const candidates = ofUser.length === 0 ? contacts : ofUser;
  const times = candidates.map(expiryOf).filter((time) => time !== undefined && time > 0);
  const least = times.length === 0 ? headerTime : Math.max(minGuessSeconds, Math.min(...times.map(Number)));
  return { seconds: Math.min(asked, capped(least)), listed: ofUser.length === 0 ? "no" : "alike" };
}

/** Min-Expires of a 423 in seconds (RFC 3261 section 20.23); 0 if absent. */
export function minExpiry(response: SipFinalResponse): number {
  return Number(/^\s*(\d{1,9})\s*$/.exec(response.header("Min-Expires") ?? "")?.[1] ?? 0);
}

/** Retry-After (RFC 3261 section 20.33) in milliseconds, capped; `undefined` if absent or unreadable. */
export function retryAfter(response: SipFinalResponse): number | undefined {
  const seconds = /^\s*(\d+)\s*(?:[(;].*)?$/s.exec(response.header("Retry-After") ?? "")?.[1];
  return seconds === undefined ? undefined : Math.min(maxRetryAfterMs, Number(seconds) * 1_000);
}

/** Our address and port as seen by the peer (RFC 3581); `undefined` without `rport`. */
export function seenAddress(response: SipFinalResponse): string | undefined {
  const via = (response.header("Via") ?? "").split(",", 1)[0] ?? "";
  const port = /;\s*rport=(\d+)/i.exec(via)?.[1];
  if (port === undefined) return undefined;
  return `${/;\s*received=([^;\s]+)/i.exec(via)?.[1] ?? ""}:${port}`;
}

/** Our Contact unchanged, else the one with the address seen by the registrar, as rewritten by a border element. */
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

/** `undefined` if it is not delta-seconds (RFC 3261 section 25.1). */
function secondsIn(text: string | undefined): number | undefined {
  const digits = /^\s*(\d+)\s*$/.exec(text ?? "")?.[1];
  return digits === undefined ? undefined : Number(digits);
}
