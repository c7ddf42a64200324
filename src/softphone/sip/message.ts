import { type HeaderList, Headers } from "./headers.js";
import { type NameAddr, parseNameAddr, parseParams } from "./uri.js";
import { toWire } from "./wire-text.js";

export interface CSeq {
  readonly number: number;
  readonly method: string;
}

/** The topmost Via of a message (RFC 3261 section 20.42). */
export interface Via {
  /** In lower case: `udp`, `tcp`, `tls`, ... */
  readonly transport: string;
  /** `sent-by`, without brackets for IPv6. */
  readonly host: string;
  readonly port?: number;
  readonly params: ReadonlyMap<string, string>;
}

const noAddress: NameAddr = { displayName: "", uri: "", params: new Map() };
const viaPattern =
  /^SIP\s*\/\s*2\.0\s*\/\s*([a-z0-9-]+)\s+(?:\[([0-9a-f:.]+)\]|([^\s:;,]+))\s*(?::\s*(\d{1,5}))?\s*(?:;(.*))?$/is;

export function parseVia(text: string): Via | undefined {
  const parts = viaPattern.exec(text.trim());
  if (parts === null) return undefined;
  return {
    transport: (parts[1] ?? "").toLowerCase(),
    host: parts[2] ?? parts[3] ?? "",
    params: parseParams(parts[5] ?? ""),
    ...(parts[4] === undefined ? {} : { port: Number(parts[4]) }),
  };
}

/** The received text of a message: sofia-sip passes on the sender's own text. */
export interface Received {
  /** Start line and headers with line ends, and the empty line. */
  readonly head: string;
  /** Malformed header lines, e.g. without a colon. */
  readonly unreadableLines: number;
}

abstract class Message {
  readonly headers: Headers;
  /** Text; Content-Length is computed from it when the message is written. */
  body: string;
  /** Set by the parser. */
  received: Received | undefined;

  constructor(headers: Headers | HeaderList, body: string) {
    this.headers = headers instanceof Headers ? headers : new Headers(headers);
    this.body = body;
  }

  protected abstract firstLine(): string;

  get callId(): string {
    return this.headers.get("Call-ID") ?? "";
  }

  /** `{0, ""}` if malformed; a parsed message always has a CSeq. */
  get cseq(): CSeq {
    const parts = /^(\d{1,10})\s+(\S+)$/.exec(this.headers.get("CSeq") ?? "");
    return { number: Number(parts?.[1] ?? 0), method: parts?.[2] ?? "" };
  }

  get from(): NameAddr {
    return parseNameAddr(this.headers.get("From") ?? "") ?? noAddress;
  }

  get to(): NameAddr {
    return parseNameAddr(this.headers.get("To") ?? "") ?? noAddress;
  }

  get fromTag(): string {
    return this.from.params.get("tag") ?? "";
  }

  /** Empty outside a dialog. */
  get toTag(): string {
    return this.to.params.get("tag") ?? "";
  }

  /** The first Contact, if any. */
  get contact(): NameAddr | undefined {
    const first = this.headers.list("Contact")[0];
    return first === undefined ? undefined : parseNameAddr(first);
  }

  get via(): Via | undefined {
    const first = this.headers.list("Via")[0];
    return first === undefined ? undefined : parseVia(first);
  }

  /** The message in wire format, with Content-Length as the last header. */
  toString(): string {
    const lines = [this.firstLine()];
    for (const [name, value] of this.headers.entries()) {
      if (name.toLowerCase() !== "content-length") lines.push(`${name}: ${value}`);
    }
    lines.push(`Content-Length: ${toWire(this.body).length}`, "", this.body);
    return lines.join("\r\n");
  }
}

export class SipRequest extends Message {
  readonly kind = "request";
  readonly method: string;
  uri: string;

  constructor(method: string, uri: string, headers: Headers | HeaderList = [], body = "") {
    super(headers, body);
    this.method = method;
    this.uri = uri;
  }

  protected firstLine(): string {
    return `${this.method} ${this.uri} SIP/2.0`;
  }

  clone(): SipRequest {
    return new SipRequest(this.method, this.uri, this.headers.clone(), this.body);
  }
}

export class SipResponse extends Message {
  readonly kind = "response";
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string = reasonPhrase(status), headers: Headers | HeaderList = [], body = "") {
    super(headers, body);
    this.status = status;
    this.reason = reason.replace(/[\r\n]+/g, " ");
  }

  /** Via, From, To, Call-ID and CSeq of the request (RFC 3261 section 8.2.6.2); a To tag is added if the request has none. */
  static to(
    request: SipRequest,
    status: number,
    options: { reason?: string; toTag?: string; headers?: HeaderList; body?: string } = {},
  ): SipResponse {
    const headers = new Headers();
    for (const name of ["Via", "From", "To", "Call-ID", "CSeq"]) {
      for (const value of request.headers.all(name)) headers.add(name, value);
    }
    if (status > 100 && options.toTag !== undefined && request.toTag === "") {
      headers.set("To", `${request.headers.get("To") ?? ""};tag=${options.toTag}`);
    }
    headers.addAll(options.headers ?? []);
    return new SipResponse(status, options.reason ?? reasonPhrase(status), headers, options.body ?? "");
  }

  protected firstLine(): string {
    return `SIP/2.0 ${this.status} ${this.reason}`;
  }
}

export type SipMessage = SipRequest | SipResponse;

const reasons: ReadonlyMap<number, string> = new Map([
  [100, "Trying"],
  [180, "Ringing"],
  [181, "Call Is Being Forwarded"],
  [182, "Queued"],
  [183, "Session Progress"],
  [200, "OK"],
  [202, "Accepted"],
  [300, "Multiple Choices"],
  [301, "Moved Permanently"],
  [302, "Moved Temporarily"],
  [305, "Use Proxy"],
  [380, "Alternative Service"],
  [400, "Bad Request"],
  [401, "Unauthorized"],
  [402, "Payment Required"],
  [403, "Forbidden"],
  [404, "Not Found"],
  [405, "Method Not Allowed"],
  [406, "Not Acceptable"],
  [407, "Proxy Authentication Required"],
  [408, "Request Timeout"],
  [410, "Gone"],
  [413, "Request Entity Too Large"],
  [415, "Unsupported Media Type"],
  [416, "Unsupported URI Scheme"],
  [420, "Bad Extension"],
  [421, "Extension Required"],
  [422, "Session Interval Too Small"],
  [423, "Interval Too Brief"],
  [480, "Temporarily Unavailable"],
  [481, "Call/Transaction Does Not Exist"],
  [482, "Loop Detected"],
  [483, "Too Many Hops"],
  [484, "Address Incomplete"],
  [485, "Ambiguous"],
  [486, "Busy Here"],
  [487, "Request Terminated"],
  [488, "Not Acceptable Here"],
  [491, "Request Pending"],
  [493, "Undecipherable"],
  [500, "Server Internal Error"],
  [501, "Not Implemented"],
  [502, "Bad Gateway"],
  [503, "Service Unavailable"],
  [504, "Server Time-out"],
  [505, "Version Not Supported"],
  [513, "Message Too Large"],
  [600, "Busy Everywhere"],
  [603, "Decline"],
  [604, "Does Not Exist Anywhere"],
  [606, "Not Acceptable"],
]);

/** RFC 3261 section 21; `Unknown` for other statuses. */
export function reasonPhrase(status: number): string {
  return reasons.get(status) ?? "Unknown";
}
