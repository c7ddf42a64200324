import { failure, type Result, success } from "../../util/result.js";
import { expandHeaderName, Headers } from "./headers.js";
import { parseVia, type Received, type SipMessage, SipRequest, SipResponse } from "./message.js";
import { parseNameAddr, parseUri } from "./uri.js";
import { fromWire } from "./wire-text.js";

/** Why a received message is malformed. */
export interface MessageFault {
  readonly reason: string;
  /** The request, if readable enough to send a 400. */
  readonly answerable?: SipRequest;
  /** A header that sofia-sip reports and drachtio-server rejects; the connection stays open. For other faults sofia-sip closes it. */
  readonly isMinor?: true;
}

/** Maximum size of a message and of its header section, in bytes. */
export const maxMessageBytes = 65_536;
const maxHeaders = 256;
const token = /^[\w\-.!%*+`'~]+$/;
/** `word` of the grammar, with an at-sign somewhere. */
const callId = /^[\w\-.!%*+`'~()<>:\\"/[\]?{}@]+$/;
const single = ["From", "To", "Call-ID", "CSeq", "Max-Forwards", "Content-Length"];

/** Parses one complete message: a datagram, or a frame of the stream framer. */
export function parseMessage(bytes: Buffer): Result<SipMessage, MessageFault> {
  if (bytes.length > maxMessageBytes) return failure({ reason: "message too long" });
  const end = headerEnd(bytes);
  if (end === undefined) return failure({ reason: "no end of headers" });
  const [first = "", ...lines] = fromWire(bytes.subarray(0, end.headers)).split(/\r\n|\n/);
  const headers = readHeaders(lines);
  const received = (): Received => ({
    head: fromWire(bytes.subarray(0, end.body)),
    unreadableLines: headers.ok ? headers.value.unreadableLines : 0,
  });
  const start = /^(\S+)\s+(\S+)\s+SIP\/2\.0\s*$/i.exec(first);
  const status = /^SIP\/2\.0\s+(\d{3})(?:\s(.*))?$/i.exec(first);
  if (status !== null) {
    if (!headers.ok) return headers;
    const code = Number(status[1]);
    const response = new SipResponse(code, status[2] ?? "", headers.value.headers, "");
    response.received = received();
    const fault =
      code < 100 || code > 699 ? "status out of range" : (faultOf(response) ?? readBody(response, bytes, end.body));
    return fault === undefined ? success(response) : failure({ reason: fault });
  }
  const method = start?.[1] ?? "";
  if (start === null || !token.test(method)) return failure({ reason: "not a SIP message" });
  if (!headers.ok) return headers;
  const request = new SipRequest(method, start[2] ?? "", headers.value.headers, "");
  request.received = received();
  const fault =
    requestFault(request) ?? readBody(request, bytes, end.body) ?? (bytes.includes(0) ? "a NUL byte" : undefined);
  const minor = identityFault(request);
  const reason = fault ?? minor;
  if (reason === undefined) return success(request);
  const answerable = request.via !== undefined && request.callId !== "" && request.method !== "ACK";
  return failure({ reason, ...(answerable && { answerable: request }), ...(fault === undefined && { isMinor: true }) });
}

/** End of the headers and start of the body; undefined while the empty line is missing. */
export function headerEnd(bytes: Buffer): { readonly headers: number; readonly body: number } | undefined {
  const crlf = bytes.indexOf("\r\n\r\n");
  const lf = bytes.indexOf("\n\n");
  if (crlf >= 0 && (lf < 0 || crlf < lf)) return { headers: crlf, body: crlf + 4 };
  return lf < 0 ? undefined : { headers: lf, body: lf + 2 };
}

/** Like sofia-sip, skips a header without name or colon and reads the others. */
function readHeaders(
  lines: readonly string[],
): Result<{ readonly headers: Headers; readonly unreadableLines: number }, MessageFault> {
  const headers = new Headers();
  let unreadableLines = 0;
  let isReadable = false;
  let name = "";
  let value = "";
  let count = 0;
  for (const line of lines) {
    if (/^[ \t]/.test(line)) {
      if (count === 0) return failure({ reason: "folded line without a header" });
      value += ` ${line.trim()}`;
      continue;
    }
    if (isReadable) headers.add(name, value);
    count += 1;
    if (count > maxHeaders) return failure({ reason: "too many headers" });
    const colon = line.indexOf(":");
    name = line.slice(0, Math.max(colon, 0)).trim();
    isReadable = token.test(name);
    if (!isReadable) unreadableLines += 1;
    name = expandHeaderName(name);
    value = line.slice(colon + 1).trim();
  }
  if (isReadable) headers.add(name, value);
  return success({ headers, unreadableLines });
}

function requestFault(request: SipRequest): string | undefined {
  const fault = faultOf(request);
  if (fault !== undefined) return fault;
  if (parseUri(request.uri) === undefined) return "unreadable Request-URI";
  if (request.headers.list("Contact").some((value) => parseNameAddr(value) === undefined)) return "unreadable Contact";
  if (request.cseq.method !== request.method) return "CSeq of another method";
  const hops = request.headers.get("Max-Forwards");
  if (hops !== undefined && !/^\d{1,3}$/.test(hops)) return "unreadable Max-Forwards";
  return undefined;
}

function identityFault(request: SipRequest): string | undefined {
  const unreadable = ["P-Asserted-Identity", "Remote-Party-ID"].find((name) =>
    request.headers.list(name).some((value) => parseNameAddr(value) === undefined),
  );
  return unreadable && `unreadable ${unreadable}`;
}

function faultOf(message: SipMessage): string | undefined {
  for (const name of single) {
    if (message.headers.all(name).length > 1) return `more than one ${name}`;
  }
  const via = message.headers.list("Via")[0];
  if (via === undefined || parseVia(via) === undefined) return "unreadable Via";
  if (parseNameAddr(message.headers.get("From") ?? "") === undefined) return "unreadable From";
  if (parseNameAddr(message.headers.get("To") ?? "") === undefined) return "unreadable To";
  if (!callId.test(message.callId)) return "unreadable Call-ID";
  for (const tag of [message.fromTag, message.toTag]) {
    if (tag !== "" && !token.test(tag)) return "unreadable tag";
  }
  const { number, method } = message.cseq;
  if (method === "" || number > 0xffff_ffff) return "unreadable CSeq";
  return undefined;
}

/** A datagram without Content-Length ends with the datagram (RFC 3261 section 18.3). */
function readBody(message: SipMessage, bytes: Buffer, start: number): string | undefined {
  const declared = message.headers.get("Content-Length");
  if (declared !== undefined && !/^\d{1,9}$/.test(declared)) return "unreadable Content-Length";
  const length = declared === undefined ? bytes.length - start : Number(declared);
  if (start + length > bytes.length) return "body shorter than Content-Length";
  message.body = fromWire(bytes.subarray(start, start + length));
  return undefined;
}
