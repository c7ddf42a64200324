import { isIP } from "node:net";

import { plainText } from "../util/plain-text.js";
import { readContacts } from "./contact.js";
import { type Grant, minExpiry, type OwnContact, readGrant, retryAfter, seenAddress } from "./registrar-answer.js";
import type { Target } from "./registrar-host.js";
import type { SipRequestAnswer } from "./sip-requests.js";

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
const meanings: Readonly<Record<number, string>> = {
  401: "the registrar does not accept the password (trunks[].username, auth_username, password)",
  403: "the registrar does not let this user register (trunks[].username, password, or the account at the provider)",
  404: "the registrar does not know this user (trunks[].username, domain)",
  407: "the proxy before the registrar does not accept the password (trunks[].username, auth_username, password)",
};

const maxHostLength = 80;

/** Reads the final response of a registrar that is not a challenge that can be answered. */
export function readOutcome(
  answer: SipRequestAnswer,
  request: {
    readonly contact: OwnContact;
    readonly transport: "udp" | "tcp" | "tls";
    readonly seconds: number;
    readonly sentAt: number;
  },
): RegisterOutcome {
  const { status } = answer;
  if (isMadeUp(answer)) return { kind: "unavailable", why: silence(answer) };
  if (status === 200) {
    const { seconds, listed } = readGrant(answer, request.contact, request.seconds);
    return {
      kind: "registered",
      expiresInMs: seconds * 1_000,
      sentAt: request.sentAt,
      seen: seenAddress(answer),
      listed,
    };
  }
  if (status === 423 && minExpiry(answer) > 0) return { kind: "too-brief", minSeconds: minExpiry(answer) };
  if (status >= 300 && status < 400) return redirection(answer, request.transport);
  const retryAfterMs = retryAfter(answer);
  const text = `${status} ${answer.reason}`;
  // RFC 3261 section 8.1.3.1 takes a 408 of a server for its silence; section 21.5: the 5xx are faults of this server.
  if (status === 408 || (status >= 500 && status < 600)) return { kind: "unavailable", why: text, retryAfterMs };
  return rejection(answer, retryAfterMs);
}

/** An answer that will be the same the next time. */
export function rejection(
  answer: SipRequestAnswer,
  retryAfterMs = retryAfter(answer),
): Extract<RegisterOutcome, { kind: "rejected" }> {
  const meaning = meanings[answer.status];
  return {
    kind: "rejected",
    why: `${answer.status} ${answer.reason}${meaning === undefined ? "" : `: ${meaning}`}`,
    retryAfterMs,
  };
}

/** drachtio makes up a 408 or 503 when no answer comes; it has no Via that a registrar has filled in, and names no time. */
export function isMadeUp(answer: SipRequestAnswer): boolean {
  return (
    (answer.status === 408 || answer.status === 503) &&
    seenAddress(answer) === undefined &&
    retryAfter(answer) === undefined
  );
}

export function silence({ status }: SipRequestAnswer): string {
  return `the registrar does not answer (${status})`;
}

/** Strangers are named to the operator, not followed: the password is for the registrar in the configuration. */
function redirection(answer: SipRequestAnswer, transport: "udp" | "tcp" | "tls"): RegisterOutcome {
  const [contact] = readContacts(answer.header("Contact") ?? "");
  const text = `${answer.status} ${answer.reason}`;
  if (contact === undefined)
    return { kind: "redirected", why: `${text}: the registrar refers to another server and names none`, to: undefined };
  const port = contact.port ?? (transport === "tls" ? 5_061 : 5_060);
  const host = isIP(contact.host) === 0 ? plainText(contact.host, maxHostLength) : contact.host;
  const place = `${isIP(contact.host) === 6 ? `[${host}]` : host}:${port}`;
  return {
    kind: "redirected",
    why: `${text}: the registrar refers to ${place}, which is not followed: if the provider confirms it, set it as trunks[].registrar`,
    to: { address: contact.host, port },
  };
}
