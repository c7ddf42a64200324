import { randomBytes } from "node:crypto";

import { type Clock, systemClock } from "../../util/clock.js";
import { failure, type Result } from "../../util/result.js";
import { allow, contactFor, type Core, flowFor, type RequestFailure, sendRequest, withCredentials } from "./core.js";
import type { SipDialog } from "./dialog.js";
import { dialogKey } from "./dialog-state.js";
import type { Credentials } from "./digest.js";
import type { ListenAddress, SipAddress, TlsOptions } from "./flow.js";
import type { HeaderList } from "./headers.js";
import { type IncomingInvite, ServerInvite } from "./incoming-invite.js";
import { SipRequest, type SipResponse } from "./message.js";
import { ClientInvite, type InviteOptions, type OutgoingInvite } from "./outgoing-invite.js";
import type { ServerTransaction } from "./server-transaction.js";
import { defaultTimers, type SipTimers } from "./timers.js";
import { TransactionLayer } from "./transaction-layer.js";
import { TransportLayer } from "./transport.js";
import { formatHostPort } from "./uri.js";

export interface SipUserAgentOptions {
  /** May be empty for a client over TCP and TLS only; UDP needs an entry. */
  readonly listen: readonly ListenAddress[];
  readonly tls?: TlsOptions;
  /** Value of the User-Agent and Server headers. */
  readonly userAgent: string;
  readonly clock?: Clock;
  readonly random?: (bytes: number) => Buffer;
  readonly timers?: Partial<SipTimers>;
}

/** An out-of-dialog request other than INVITE. */
export interface IncomingRequest {
  readonly request: SipRequest;
  readonly source: SipAddress;
  /** Sends the final response; further calls have no effect. */
  readonly respond: (status: number, options?: { reason?: string; headers?: HeaderList; body?: string }) => void;
}

export interface RequestOptions {
  readonly method: string;
  readonly uri: string;
  /** Header values; generated if absent. A tag is added to From. */
  readonly from?: string;
  readonly to?: string;
  readonly callId?: string;
  readonly cseq?: number;
  readonly headers?: HeaderList;
  readonly body?: string;
  readonly nextHop?: SipAddress;
  /** Answers a 401 or 407, once. */
  readonly auth?: Credentials;
}

/** A SIP endpoint (RFC 3261) for outgoing and incoming calls over UDP, TCP and TLS. */
export class SipUserAgent {
  readonly #core: Core;
  readonly #dialogs = new Map<string, SipDialog>();

  /** Called for an out-of-dialog INVITE. The default responds 480. */
  onInvite: (invite: IncomingInvite) => void = (invite) => {
    invite.reject(480);
  };
  /** Called for other out-of-dialog requests. The default responds to OPTIONS with 200 and to others with 405. */
  onRequest: (request: IncomingRequest) => void = ({ request, respond }) => {
    respond(request.method === "OPTIONS" ? 200 : 405, { headers: [["Allow", allow]] });
  };

  private constructor(core: Core) {
    this.#core = core;
    core.transactions.onRequest = (transaction) => {
      this.#receive(transaction);
    };
    core.transactions.onAck = (ack) => {
      this.#dialogs.get(dialogKey(ack.callId, ack.toTag, ack.fromTag))?.receiveAck(ack);
    };
  }

  /** Rejects if a port is in use, or for a TLS listener without key and certificate. */
  static async listen(options: SipUserAgentOptions): Promise<SipUserAgent> {
    const clock = options.clock ?? systemClock;
    const timers = { ...defaultTimers, ...options.timers };
    const tls = options.tls === undefined ? {} : { tls: options.tls };
    const transport = await TransportLayer.open({ listen: options.listen, clock, ...tls });
    const transactions = new TransactionLayer({ transport, clock, timers, random: options.random ?? randomBytes });
    return new SipUserAgent({ transport, transactions, clock, timers, userAgent: options.userAgent });
  }

  /** The listening addresses, with the ports chosen by the system. */
  get addresses(): readonly SipAddress[] {
    return this.#core.transport.addresses;
  }

  invite(options: InviteOptions): OutgoingInvite {
    return new ClientInvite(this.#core, this.#dialogs, options);
  }

  /** Sends an out-of-dialog request other than INVITE. Succeeds with any final response. */
  async request(options: RequestOptions): Promise<Result<SipResponse, RequestFailure>> {
    const { method, uri } = options;
    const core = this.#core;
    const request = new SipRequest(method, uri, options.headers ?? [], options.body ?? "");
    const flow = await flowFor(core, request, undefined, options.nextHop);
    if (!flow.ok) return failure({ status: 503, reason: flow.failure.reason });
    const from = options.from ?? `<sip:${formatHostPort(flow.value.local.address)}>`;
    const own: HeaderList = [
      ["Max-Forwards", "70"],
      ["From", /;\s*tag=/i.test(from) ? from : `${from};tag=${core.transactions.token()}`],
      ["To", options.to ?? `<${uri}>`],
      ["Call-ID", options.callId ?? core.transactions.token(16)],
      ["CSeq", `${options.cseq ?? 1} ${method}`],
      ["Contact", contactFor(flow.value)],
      ["User-Agent", core.userAgent],
    ];
    for (const [name, value] of own) if (!request.headers.has(name)) request.headers.add(name, value);
    const first = await sendRequest(core, request, flow.value);
    if (!first.ok) return first;
    const again = withCredentials(core, request, first.value, options.auth);
    return again === undefined ? first : sendRequest(core, again, flow.value);
  }

  /** For leak checks: `transactions` are active, `lingering` ones only absorb retransmissions for up to 64 T1. */
  counts(): { connections: number; transactions: number; lingering: number; dialogs: number } {
    const { waiting, lingering } = this.#core.transactions.counts();
    return {
      connections: this.#core.transport.connections,
      transactions: waiting,
      lingering,
      dialogs: this.#dialogs.size,
    };
  }

  /** See `TransportLayer.renewCertificate`. */
  renewCertificate(pair: { readonly key: string; readonly cert: string }): void {
    this.#core.transport.renewCertificate(pair);
  }

  /** Closes all sockets and timers. Sends no BYE: dialogs end as lost, pending requests fail with 503. */
  async close(): Promise<void> {
    this.#core.transactions.close();
    for (const dialog of [...this.#dialogs.values()]) dialog.finish({ by: "lost" });
    await this.#core.transport.close();
  }

  #receive(transaction: ServerTransaction): void {
    const { request } = transaction;
    if (request.toTag !== "") {
      const dialog = this.#dialogs.get(dialogKey(request.callId, request.toTag, request.fromTag));
      if (dialog === undefined) transaction.reply(481);
      else dialog.receive(transaction);
      return;
    }
    const required = request.headers.list("Require");
    if (required.length > 0) {
      transaction.reply(420, { headers: [["Unsupported", required.join(", ")]] });
    } else if (request.method !== "INVITE") {
      const respond: IncomingRequest["respond"] = (status, options = {}) => {
        transaction.reply(status, options);
      };
      this.onRequest({ request, source: transaction.flow.remote, respond });
    } else if (request.contact === undefined) {
      transaction.reply(400, { reason: "Bad Request (no Contact)" });
    } else {
      this.onInvite(new ServerInvite(this.#core, transaction, this.#dialogs));
    }
  }
}
