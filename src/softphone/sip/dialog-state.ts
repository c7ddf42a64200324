import type { Flow, SipAddress } from "./flow.js";
import type { HeaderList } from "./headers.js";
import { type SipMessage, SipRequest, type SipResponse } from "./message.js";
import { parseNameAddr, parseUri } from "./uri.js";

/** State of a dialog, caller or callee (RFC 3261 section 12), and the requests built from it. */
export class DialogState {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** Header values with their tags. */
  readonly localParty: string;
  readonly remoteParty: string;
  readonly routeSet: readonly string[];
  /** The flow that created the dialog; in-dialog requests use it while it is open. */
  flow: Flow;
  remoteTarget: string;
  localSequence: number;
  remoteSequence: number;

  private constructor(o: {
    callId: string;
    local: { tag: string; party: string; sequence: number };
    remote: { tag: string; party: string; sequence: number; target: string };
    routeSet: readonly string[];
    flow: Flow;
  }) {
    this.callId = o.callId;
    this.localTag = o.local.tag;
    this.localParty = o.local.party;
    this.localSequence = o.local.sequence;
    this.remoteTag = o.remote.tag;
    this.remoteParty = o.remote.party;
    this.remoteSequence = o.remote.sequence;
    this.remoteTarget = o.remote.target;
    this.routeSet = o.routeSet;
    this.flow = o.flow;
  }

  /** From our INVITE and the response that created the dialog. */
  static ofCaller(invite: SipRequest, response: SipResponse, flow: Flow): DialogState {
    return new DialogState({
      callId: invite.callId,
      local: { tag: invite.fromTag, party: invite.headers.get("From") ?? "", sequence: invite.cseq.number },
      remote: {
        tag: response.toTag,
        party: response.headers.get("To") ?? "",
        sequence: -1,
        target: response.contact?.uri ?? invite.uri,
      },
      routeSet: response.headers.list("Record-Route").reverse(),
      flow,
    });
  }

  /** From an incoming INVITE and our response with a To tag. */
  static ofCallee(invite: SipRequest, response: SipResponse, flow: Flow): DialogState {
    return new DialogState({
      callId: invite.callId,
      local: { tag: response.toTag, party: response.headers.get("To") ?? "", sequence: 0 },
      remote: {
        tag: invite.fromTag,
        party: invite.headers.get("From") ?? "",
        sequence: invite.cseq.number,
        target: invite.contact?.uri ?? invite.from.uri,
      },
      routeSet: invite.headers.list("Record-Route"),
      flow,
    });
  }

  get key(): string {
    return dialogKey(this.callId, this.localTag, this.remoteTag);
  }

  /** Builds an in-dialog request without Via; the sequence number is the next one unless given (for ACK). */
  request(method: string, options: { headers?: HeaderList; body?: string; sequence?: number } = {}): SipRequest {
    if (options.sequence === undefined) this.localSequence += 1;
    const [first, ...others] = this.routeSet;
    const strict = first !== undefined && parseUri(parseNameAddr(first)?.uri ?? "")?.params.has("lr") !== true;
    const uri = strict ? (parseNameAddr(first)?.uri ?? this.remoteTarget) : this.remoteTarget;
    const routes = strict ? [...others, `<${this.remoteTarget}>`] : this.routeSet;
    const request = new SipRequest(method, uri, [], options.body ?? "");
    for (const route of routes) request.headers.add("Route", route);
    request.headers.add("Max-Forwards", "70");
    request.headers.add("From", this.localParty);
    request.headers.add("To", this.remoteParty);
    request.headers.add("Call-ID", this.callId);
    request.headers.add("CSeq", `${options.sequence ?? this.localSequence} ${method}`);
    request.headers.addAll(options.headers ?? []);
    return request;
  }

  /** False if the request is older than one already seen (RFC 3261 section 12.2.2): respond with 500. */
  inOrder(request: SipRequest): boolean {
    const { number } = request.cseq;
    if (number < this.remoteSequence) return false;
    this.remoteSequence = number;
    return true;
  }

  /** Adopts the Contact of a re-INVITE or UPDATE, or of a 2xx to ours. */
  refreshTarget(message: SipMessage): void {
    const contact = message.contact?.uri;
    if (contact !== undefined) this.remoteTarget = contact;
  }
}

export function dialogKey(callId: string, localTag: string, remoteTag: string): string {
  return `${callId}|${localTag}|${remoteTag}`;
}

/** First hop of a request: its topmost route, otherwise its Request-URI. Undefined if not a SIP URI. */
export function nextHop(request: SipRequest): SipAddress | undefined {
  const route = request.headers.list("Route")[0];
  const routeUri = route === undefined ? undefined : parseNameAddr(route)?.uri;
  const loose = routeUri !== undefined && parseUri(routeUri)?.params.has("lr") === true;
  return addressOf(loose ? routeUri : request.uri);
}

/** Transport, host and port of a SIP URI: `;transport=`, or TLS for `sips:`, otherwise UDP; default port 5060 or 5061. */
export function addressOf(text: string): SipAddress | undefined {
  const uri = parseUri(text);
  if (uri === undefined || uri.host === "") return undefined;
  const named = uri.params.get("transport")?.toLowerCase() ?? "udp";
  const transport = uri.scheme === "sips" ? "tls" : named;
  if (transport !== "udp" && transport !== "tcp" && transport !== "tls") return undefined;
  return { transport, address: uri.host, port: uri.port ?? (transport === "tls" ? 5061 : 5060) };
}
