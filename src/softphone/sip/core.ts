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

/** Methods that a user agent here understands. */
export const ALLOW = "INVITE, ACK, CANCEL, BYE, UPDATE, INFO, OPTIONS";

/** No final response came: 408 after a timeout, 503 when the other side could not be reached or the connection broke. */
export interface RequestFailure {
  readonly status: number;
  readonly reason: string;
}

/** A refused or failed INVITE: the status of the final response, or 408, 503, 487 as in RequestFailure and after cancel(). */
export interface InviteFailure extends RequestFailure {
  /** Of the final response, if one came. */
  readonly headers?: HeaderList;
}

/** Why a dialog is over. */
export interface DialogEnd {
  /** lost: the ACK never came, the other side knew the dialog no more, or the user agent was closed. */
  readonly by: "local" | "remote" | "lost";
  /** Value of the Reason header of the BYE, if it had one. */
  readonly reason?: string;
}

/** What the parts of one user agent share. */
export interface Core {
  readonly transport: TransportLayer;
  readonly transactions: TransactionLayer;
  readonly clock: Clock;
  readonly timers: SipTimers;
  /** Value of User-Agent and Server. */
  readonly userAgent: string;
}

/** The Contact that leads back to us over that way. */
export function contactFor(flow: Flow, user = ""): string {
  const at = user === "" ? "" : `${user}@`;
  return `<sip:${at}${formatHostPort(flow.local.address, flow.local.port)};transport=${flow.transport}>`;
}

/**
 * The dialog's own way while it is open (UDP has none), else the one that its route leads to. As with telephones, it stands for
 * an address, which NAT may have replaced, but not for a name: that has to lead somewhere (RFC 3261 section 12.2.1.1).
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
 * @param accepted called for each 2xx, and for an INVITE again for each time that one is repeated
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

/** The request to send again after a 401 or 407, or undefined when that would not help. It has no Via yet. */
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
