import type { InviteFacts } from "../caller/invite.js";
import { allowedMethods, capabilities, isAllowed, unmetExtensions, unsupported } from "./capabilities.js";
import { readContact } from "./contact.js";
import { type MergedRequests, mergeKey } from "./merged-requests.js";
import { readHead, type RequestHead, tagIn } from "./request-head.js";
import type { Headers } from "./srf.js";

/** A request from the network, forwarded by drachtio. */
export interface NetworkRequest {
  readonly source: InviteFacts["source"];
  /** drachtio's dialog ID; "" outside of dialogs. */
  readonly dialogId: string;
  /** Normalised by `makeReadable`. */
  readonly text: string;
}

export type Verdict =
  /** Forward to drachtio-srf. */
  | { readonly kind: "pass" }
  | { readonly kind: "answer"; readonly status: number; readonly reason: string; readonly headers: Headers }
  | { readonly kind: "ignore" };

/** A call that drachtio does not know any more, with its caller's side up. */
export interface LostCall {
  /** The response to an INFO. */
  takeInfo(contentType: string, body: string): Omit<Extract<Verdict, { kind: "answer" }>, "kind">;
}

export interface GateOptions {
  /** Called for every request outside of dialogs. Returns whether its source belongs to a trunk. */
  readonly onHeard: (source: InviteFacts["source"]) => boolean;
  /** Whether drachtio-srf knows this dialog. */
  readonly hasDialog: (dialogId: string) => boolean;
  /** The answered call with this dialog. If drachtio has lost it, it forwards requests as ones outside of dialogs. */
  readonly lostCall: (dialogId: string) => LostCall | undefined;
  readonly merged: MergedRequests;
}

/** Methods to route at drachtio, which otherwise responds 503. It rejects REGISTER and SUBSCRIBE and drops unknown methods itself. */
export const gateMethods: readonly string[] = ["options", "info", "message", "notify", "publish"];

const pass: Verdict = { kind: "pass" };
const refusals = {
  forbidden: answer(403, "Forbidden"),
  notAllowed: answer(405, "Method Not Allowed", { Allow: allowedMethods }),
  noDialog: answer(481, "Call/Transaction Does Not Exist"),
  merged: answer(482, "Request Merged"),
} as const;

/**
 * Responds to requests that belong to no call before drachtio-srf sees them. drachtio-srf 5.0.29 responds 200 to in-dialog
 * requests of any method (lib/dialog.js), and a merged INVITE breaks the CANCEL of the first one (lib/drachtio-agent.js).
 */
export class RequestGate {
  readonly #options: GateOptions;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  judge(request: NetworkRequest): Verdict {
    const head = readHead(request.text);
    // Neither may be rejected because of Require (RFC 3261 section 8.2.2.3).
    if (head.method === "ACK" || head.method === "CANCEL") return pass;
    if (request.dialogId !== "") return this.#inside(request, head);
    return this.#ofLostCall(request, head) ?? this.#outside(request, head);
  }

  #inside({ dialogId }: NetworkRequest, head: RequestHead): Verdict {
    // A BYE ends the call in any case.
    if (head.method === "BYE") return pass;
    if (!this.#options.hasDialog(dialogId)) return refusals.noDialog;
    if (!isAllowed(head.method)) return refusals.notAllowed;
    return badExtension(head) ?? (head.method === "OPTIONS" ? answer(200, "OK", capabilities) : pass);
  }

  /** A 481 would end the call (RFC 3261 section 12.2.1.2). drachtio itself responds so to INVITE, UPDATE and BYE. */
  #ofLostCall({ source, text }: NetworkRequest, head: RequestHead): Verdict | undefined {
    if (tagIn(head.header("to")) === "" || !["OPTIONS", "INFO"].includes(head.method)) return undefined;
    const call = this.#options.lostCall(`${head.header("call-id")};from-tag=${tagIn(head.header("from"))}`);
    if (call === undefined || !this.#options.onHeard(source)) return undefined;
    if (head.method === "OPTIONS") return answer(200, "OK", capabilities);
    const end = text.indexOf("\r\n\r\n");
    return { kind: "answer", ...call.takeInfo(head.header("content-type"), end < 0 ? "" : text.slice(end + 4)) };
  }

  #outside({ source }: NetworkRequest, head: RequestHead): Verdict {
    const isTrunk = this.#options.onHeard(source);
    if (head.method === "INVITE") {
      if (endsDrachtio(source, head)) return { kind: "ignore" };
      return isTrunk && this.#options.merged.isMerged(keyOf(head)) ? refusals.merged : pass;
    }
    // Scanners collect hosts that respond 200: unknown sources get no capabilities.
    if (!isTrunk) return refusals.forbidden;
    if (tagIn(head.header("to")) !== "") return refusals.noDialog;
    if (!isAllowed(head.method)) return refusals.notAllowed;
    return badExtension(head) ?? (head.method === "OPTIONS" ? answer(200, "OK", capabilities) : refusals.noDialog);
  }
}

/**
 * Any response to an INVITE over UDP whose Contact has no host crashes drachtio-server 0.9.10 (SipDialog's constructor
 * dereferences the missing host). Without a response drachtio drops the request after 64 s.
 */
function endsDrachtio({ transport }: NetworkRequest["source"], head: RequestHead): boolean {
  return (
    transport === "udp" && head.header("record-route") === "" && readContact(head.header("contact")) === "unreachable"
  );
}

function keyOf(head: RequestHead): string {
  return mergeKey(head.header("call-id"), head.header("from"), head.header("cseq"));
}

function badExtension(head: RequestHead): Verdict | undefined {
  const unmet = unmetExtensions(head.header("require"));
  return unmet.length === 0 ? undefined : answer(420, "Bad Extension", { Unsupported: unsupported(unmet) });
}

function answer(status: number, reason: string, headers: Headers = {}): Verdict {
  return { kind: "answer", status, reason, headers };
}
