import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { isIP } from "node:net";

import type { Taken } from "../util/byte-stream.js";

/** The destination of a request. */
export interface SipTarget {
  readonly host: string;
  readonly port: number;
  readonly transport: "tls" | "tcp";
}

/** Common parameters of all requests of one dialog (RFC 3261 section 12). */
export interface SipDialogIds {
  readonly target: SipTarget;
  /** "" for requests to the server itself. */
  readonly user: string;
  /** Display name in From; "" for none. */
  readonly name: string;
  readonly id: string;
}

export interface SipRequestParts {
  readonly method: "OPTIONS" | "INVITE" | "ACK" | "CANCEL" | "BYE";
  readonly cseq: number;
  readonly branch: string;
  /** The To header of a response, with its tag; default: the target without a tag. */
  readonly to?: string;
  /** The peer's Contact; default: the target. */
  readonly uri?: string;
  readonly sdp?: string;
}

export interface SipResponse {
  readonly status: number;
  readonly phrase: string;
  readonly to: string;
  /** The URI of Contact; "" without one. */
  readonly contact: string;
  /** `1 INVITE`. */
  readonly cseq: string;
}

export function newDialogIds(target: SipTarget, user: string, name: string): SipDialogIds {
  return { target, user, name, id: randomBytes(8).toString("hex") };
}

/** Per transaction (RFC 3261 section 8.1.1.7). */
export function newBranch(): string {
  return `z9hG4bK${randomBytes(8).toString("hex")}`;
}

/** A request without a local address: responses arrive on the same connection. */
export function sipRequest(
  { target, user, name, id }: SipDialogIds,
  { method, cseq, branch, to, uri, sdp = "" }: SipRequestParts,
): string {
  const host = `${isIP(target.host) === 6 ? `[${target.host}]` : target.host}:${target.port}`;
  const own = "sip:einwahl-check@einwahl-check.invalid";
  const at = user === "" ? host : `${user}@${host}`;
  return [
    `${method} ${uri ?? `sip:${at};transport=${target.transport}`} SIP/2.0`,
    `Via: SIP/2.0/${target.transport.toUpperCase()} einwahl-check.invalid;branch=${branch};rport`,
    "Max-Forwards: 70",
    `From: ${name === "" ? "" : `"${name}" `}<${own}>;tag=${id}`,
    `To: ${to ?? `<sip:${at}>`}`,
    `Call-ID: ${id}`,
    `CSeq: ${cseq} ${method}`,
    `Contact: <${own};transport=${target.transport}>`,
    "User-Agent: einwahl-check",
    ...(sdp === "" ? [] : ["Content-Type: application/sdp"]),
    `Content-Length: ${Buffer.byteLength(sdp)}`,
    "",
    sdp,
  ].join("\r\n");
}

/** Takes the next response with its body; drops other data before it. */
export function takeResponse(bytes: Buffer): Taken<SipResponse> | undefined {
  const text = bytes.toString("latin1");
  const begin = /(?:^|\r\n)SIP\/2\.0 (\d{3}) ?([^\r\n]*)\r\n/.exec(text);
  const end = begin === null ? -1 : text.indexOf("\r\n\r\n", begin.index + begin[0].length - "\r\n".length);
  if (begin === null || end < 0) return undefined;
  const head = text.slice(begin.index, end);
  const header = (name: string): string =>
    new RegExp(`\r\n(?:${name})[ \t]*:[ \t]*([^\r\n]*)`, "i").exec(head)?.[1] ?? "";
  const length = end + "\r\n\r\n".length + (Number(header("Content-Length|l")) || 0);
  if (text.length < length) return undefined;
  const [, status, phrase = ""] = begin;
  return {
    value: {
      status: Number(status),
      phrase,
      to: header("To|t"),
      contact: /<([^>]*)>/.exec(header("Contact|m"))?.[1] ?? "",
      cseq: header("CSeq"),
    },
    bytes: length,
  };
}
