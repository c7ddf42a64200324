import { isIP } from "node:net";

import type { Clock } from "../../util/clock.js";
import { failure, type Result, success } from "../../util/result.js";
import { nextHop } from "./dialog-state.js";
import { answerChallenge, type Credentials } from "./digest.js";
import type { Flow, SipAddress, TransportFailure } from "./flow.js";
import type { HeaderList } from "./headers.js";
import type { SipRequest, SipResponse } from "./message.js";
import type { SipTimers } from "./timers.js";
import type { TransactionLayer } from "./transaction-layer.js";
import type { TransportLayer } from "./transport.js";
import { formatHostPort } from "./uri.js";

/** Methods that the user agent supports. */
export const allow = "INVITE, ACK, CANCEL, BYE, UPDATE, INFO, OPTIONS";

/** No final response: 408 after a timeout, 503 if the peer was unreachable or the connection broke. */
export interface RequestFailure {
  readonly status: number;
  readonly reason: string;
}

/** A refused or failed INVITE: the status of the final response, or 408, 503, 487 as in RequestFailure and after cancel(). */
export interface InviteFailure extends RequestFailure {
  /** Headers of the final response, if any. */
  readonly headers?: HeaderList;
}

/** Why a dialog ended. */
export interface DialogEnd {
  /** lost: no ACK, the peer no longer knew the dialog, or the user agent was closed. */
  readonly by: "local" | "remote" | "lost";
  /** Value of the Reason header of the BYE, if it had one. */
  readonly reason?: string;
}

/** State shared by the parts of one user agent. */
export interface Core {
  readonly transport: TransportLayer;
  readonly transactions: TransactionLayer;
  readonly clock: Clock;
  readonly timers: SipTimers;
  /** Value of User-Agent and Server. */
  readonly userAgent: string;
}

/** Our Contact for that flow. */
export function contactFor(flow: Flow, user = ""): string {
  const at = user === "" ? "" : `${user}@`;
  return `<sip:${at}${formatHostPort(flow.local.address, flow.local.port)};transport=${flow.transport}>`;
}

/**
 * The dialog's own connection while it is open (not for UDP), otherwise a flow to the next hop. As in telephones, it replaces an
 * address, which NAT may have changed, but not a host name, which must be resolvable (RFC 3261 section 12.2.1.1).
 */
export async function flowFor(
  core: Core,
  request: SipRequest,
  own?: Flow,
  hop?: SipAddress,
): Promise<Result<Flow, TransportFailure>> {
  const address = hop ?? nextHop(request);
  if (address === undefined) return failure({ reason: "no SIP address to send to" });
  if (own?.reliable === true && own.open && isIP(address.address) !== 0) return success(own);
  return core.transport.flowTo(address);
}

/**
 * Sends a request in its own transaction and waits for the final response.
 *
 * @param accepted called for each 2xx, and for each retransmission of a 2xx to an INVITE
 */
export function sendRequest(
  core: Core,
  request: SipRequest,
  flow: Flow,
  accepted: (response: SipResponse) => void = () => undefined,
): Promise<Result<SipResponse, RequestFailure>> {
  return new Promise((resolve) => {
    core.transactions.send(request, flow, {
      response: (response) => {
        if (response.status >= 200 && response.status < 300) accepted(response);
        if (response.status >= 200) resolve(success(response));
      },
      fault: (fault) => {
        resolve(failure(faultFailure(fault, flow)));
      },
    });
  });
}

export function faultFailure(fault: "timeout" | "transport", flow: Flow): RequestFailure {
  return fault === "timeout"
    ? { status: 408, reason: "no response" }
    : { status: 503, reason: flow.fault ?? "connection lost" };
}

/** The request with credentials after a 401 or 407, without Via; undefined if the challenge cannot be answered. */
export function withCredentials(
  core: Core,
  request: SipRequest,
  response: SipResponse,
  credentials: Credentials | undefined,
): SipRequest | undefined {
  if (credentials === undefined || (response.status !== 401 && response.status !== 407)) return undefined;
  const tried = request.headers.has("Authorization") || request.headers.has("Proxy-Authorization");
  if (tried) return undefined;
  const header = answerChallenge(response, request, credentials, core.transactions.token());
  if (header === undefined) return undefined;
  const again = request.clone();
  again.headers.remove("Via");
  again.headers.set("CSeq", `${request.cseq.number + 1} ${request.method}`);
  again.headers.add(...header);
  return again;
}
