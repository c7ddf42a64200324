import type { Headers } from "./srf.js";

/** Ample for `Signal=5` and `Duration=160`. */
const maxBodyLength = 512;

/** Supported body types of an INFO, for `Accept`. */
const infoTypes = "application/dtmf-relay, application/dtmf";

/** The content of an INFO. */
export type InfoContent =
  /** One of `[0-9*#]`. */
  | { readonly kind: "key"; readonly key: string }
  /** An unused event (A to D, flash), or an empty body, which some peers send as a keepalive. */
  | { readonly kind: "nothing" }
  | { readonly kind: "unsupported" };

/**
 * Reads the DTMF digit of a SIP INFO: `application/dtmf-relay` (`Signal=5`, sent by Cisco and FreeSWITCH) or
 * `application/dtmf` (the digit alone). Gateways also send `Signal: 5`, `Signal="5"`, `Signal=5;Duration=160`, and `Signal=5` in `application/dtmf`.
 */
export function readDtmfInfo(contentType: string, body: string): InfoContent {
  if (body.length > maxBodyLength) return { kind: "unsupported" };
  if (body.trim() === "") return { kind: "nothing" };
  const [, signal] =
    /(?:^|[\r\n;])[ \t]*Signal[ \t]*[=:][ \t]*("[^"\r\n]{0,4}"|[^\s;"]{1,2})[ \t]*(?:[\r\n;]|$)/i.exec(body) ?? [];
  switch (contentType.split(";", 1).join("").trim().toLowerCase()) {
    case "application/dtmf-relay":
      return eventIn(signal);
    case "application/dtmf":
      return eventIn(signal ?? body);
    default:
      return { kind: "unsupported" };
  }
}

/** Passes a digit on, and returns the response to the INFO. */
export function answerInfo(
  contentType: string,
  body: string,
  endpoint: { pressed(key: string): void } | undefined,
): { readonly status: number; readonly reason: string; readonly headers: Headers } {
  const content = readDtmfInfo(contentType, body);
  if (content.kind === "unsupported")
    return { status: 415, reason: "Unsupported Media Type", headers: { Accept: infoTypes } };
  if (content.kind === "key") endpoint?.pressed(content.key);
  return { status: 200, reason: "OK", headers: {} };
}

/** Some senders use RFC 4733 event codes (section 3.2): 10 is `*`, 11 is `#`, 12 to 15 are A to D, 16 is flash. */
function eventIn(text: string | undefined): InfoContent {
  const event = (text ?? "").replaceAll('"', "").trim();
  if (/^(?:[A-D]|1[2-6])$/i.test(event)) return { kind: "nothing" };
  const key = event === "10" ? "*" : event === "11" ? "#" : event;
  return /^[0-9*#]$/.test(key) ? { kind: "key", key } : { kind: "unsupported" };
}
