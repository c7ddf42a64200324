import { detached, detachTexts, forgetLastMatch } from "../util/detached.js";
import type { SrfDialog, SrfLike, SrfParsedMessage, SrfRequest, SrfResponse } from "./srf.js";

/** The address of an anonymous caller (RFC 3323 section 4.1.1.3). */
const anonymous = "<sip:anonymous@anonymous.invalid>";

/**
 * Erases drachtio-srf's copy of an INVITE except for what its `Dialog` and `createUAS` need: method, Call-ID, CSeq, the
 * From tag and the presence of a Contact. drachtio-server takes the headers of responses from its own copy.
 */
export function forgetInvite(request: SrfRequest, response: SrfResponse): void {
  const tag = /;\s*tag\s*=\s*([^\s;,>]+)\s*(?:;|$)/i.exec(afterAddress(request.get("From") ?? ""))?.[1];
  const from = tag === undefined ? anonymous : `${anonymous};tag=${tag}`;
  const hasContact = request.get("Contact") !== undefined;
  for (const { msg } of [request, response]) {
    const { "call-id": callId = "", cseq = "", to = "" } = msg.headers;
    // No Contact in the response: the caller would send ACK and BYE to it (RFC 3261 section 12.1.2).
    empty(msg, { "call-id": callId, cseq, to, from, ...(hasContact && msg === request.msg && { contact: anonymous }) });
  }
  for (const object of [request, response]) detachTexts(object);
}

/** Erases the dialog with a caller's copies of its INVITE and 200. Call it as soon as the dialog exists. */
export function forgetInDialog(srf: SrfLike, dialog: SrfDialog): void {
  forgetMessages(srf, dialog);
  dialog.sip.callId = "";
  dialog.remote.uri = "";
  forgetOffer(dialog);
}

/** Erases a dialog's copies of its INVITE and 200, which einwahl needs no more: 8 kB for as long as the dialog lasts. */
export function forgetMessages(srf: SrfLike, dialog: SrfDialog): void {
  // drachtio-srf's key of the dialog is a substring of a message: re-add the dialog with a detached ID.
  srf.removeDialog(dialog);
  for (const { msg } of [dialog.req, dialog.res]) empty(msg, {});
  for (const object of [dialog.req, dialog.res, dialog.sip, dialog.local, dialog.remote]) detachTexts(object);
  srf.addDialog(dialog);
}

/**
 * Handles the requests of a kind in a dialog, and erases each one with its final response. drachtio-srf keeps them for another
 * turn of the event loop (`defer` in lib/drachtio-agent.js). `handle` must not read the request after the response.
 */
export function onRequest(
  dialog: SrfDialog,
  event: "modify" | "update" | "info",
  handle: (request: SrfRequest, response: SrfResponse) => void,
): void {
  dialog.on(event, (request, response) => {
    response.once("end", () => {
      for (const { msg } of [request, response]) empty(msg, {});
      for (const object of [request, response]) detachTexts(object);
      forgetLastMatch();
    });
    handle(request, response);
    forgetLastMatch();
  });
}

/** Erases the SDP of the last in-dialog request; drachtio-srf keeps it only for events that einwahl does not use. */
export function forgetOffer(dialog: SrfDialog): void {
  dialog.remote.sdp = "";
}

function empty(msg: SrfParsedMessage, headers: Readonly<Record<string, string>>): void {
  msg.headers = { ...headers };
  detachTexts(msg.headers);
  Object.assign(msg, { raw: "", uri: "", body: "", payload: [] });
  if (msg.method !== undefined) msg.method = detached(msg.method);
}

/** The parameters of a header, without the display name and the URI, which may contain `;tag=` too. */
function afterAddress(header: string): string {
  const end = header.lastIndexOf(">");
  return end < 0 ? header : header.slice(end + 1);
}
