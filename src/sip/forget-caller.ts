import { detached, detachTexts } from "./detached.js";
import type { SrfDialog, SrfLike, SrfParsedMessage, SrfRequest, SrfResponse } from "./srf.js";

/** The address of a caller who is not to be known (RFC 3323 section 4.1.1.3). */
const anonymous = "<sip:anonymous@anonymous.invalid>";

/**
 * Drops what drachtio-srf keeps of an INVITE, but for what it needs to make a dialog of it (its `Dialog` and `createUAS`):
 * method, Call-ID, CSeq, the From tag, and that there is a Contact. drachtio-server takes the headers of responses from the
 * request that it has.
 */
export function forgetInvite(request: SrfRequest, response: SrfResponse): void {
  const tag = /;\s*tag\s*=\s*([^\s;,>]+)\s*(?:;|$)/i.exec(afterAddress(request.get("From") ?? ""))?.[1];
  const from = tag === undefined ? anonymous : `${anonymous};tag=${tag}`;
  const hasContact = request.get("Contact") !== undefined;
  for (const { msg } of [request, response]) {
    const { "call-id": callId = "", cseq = "", to = "" } = msg.headers;
    // Not in the response: as its Contact the caller would send ACK and BYE there (RFC 3261 section 12.1.2).
    empty(msg, { "call-id": callId, cseq, to, from, ...(hasContact && msg === request.msg && { contact: anonymous }) });
  }
  for (const object of [request, response]) detachTexts(object);
}

/** Drops what a dialog keeps of the INVITE that made it and of the 200; comes as soon as the dialog is there. */
export function forgetInDialog(srf: SrfLike, dialog: SrfDialog): void {
  // drachtio-srf finds it by an id that is cut out of a message.
  srf.removeDialog(dialog);
  for (const { msg } of [dialog.req, dialog.res]) empty(msg, {});
  for (const object of [dialog.req, dialog.res, dialog.sip, dialog.local]) detachTexts(object);
  dialog.sip.callId = "";
  dialog.remote.uri = "";
  forgetOffer(dialog);
  srf.addDialog(dialog);
}

/** Drops the SDP of the last request within the dialog: drachtio-srf compares it with the next one, for listeners that we don't have. */
export function forgetOffer(dialog: SrfDialog): void {
  dialog.remote.sdp = "";
}

function empty(msg: SrfParsedMessage, headers: Readonly<Record<string, string>>): void {
  msg.headers = { ...headers };
  detachTexts(msg.headers);
  Object.assign(msg, { raw: "", uri: "", body: "", payload: [] });
  if (msg.method !== undefined) msg.method = detached(msg.method);
}

/** The parameters of a header; a `;tag=` in the display name or the URI is none of them. */
function afterAddress(header: string): string {
  const end = header.lastIndexOf(">");
  return end < 0 ? header : header.slice(end + 1);
}
