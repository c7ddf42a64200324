import { randomUUID } from "node:crypto";
import { isIP } from "node:net";

import { inBackground } from "../../softphone/sip/background.js";
import type { ClientTransaction } from "../../softphone/sip/client-transaction.js";
import { nextHop } from "../../softphone/sip/dialog-state.js";
import { type Flow, isWildcard, type SipAddress } from "../../softphone/sip/flow.js";
import { type SipMessage, type SipRequest, SipResponse } from "../../softphone/sip/message.js";
import type { ServerTransaction } from "../../softphone/sip/server-transaction.js";
import type { SipTimers } from "../../softphone/sip/timers.js";
import type { TransactionLayer } from "../../softphone/sip/transaction-layer.js";
import type { TransportLayer } from "../../softphone/sip/transport.js";
import { formatHostPort, parseUri } from "../../softphone/sip/uri.js";
import type { Clock } from "../../util/clock.js";
import type { Application } from "./application.js";
import type { ApplicationPool } from "./application-pool.js";
import type { CallDialog } from "./call-dialog.js";
import { dialogIdOf, DialogTable } from "./call-dialog.js";
import { describe, type Source } from "./envelope.js";

/** A network request awaiting the application's response. */
export interface Pending {
  readonly transactionId: string;
  readonly transaction: ServerTransaction;
  readonly application: Application;
  /** Set for an in-dialog request. */
  readonly dialog?: CallDialog;
  /** Cancels the timeout of the application's first response. */
  readonly answered: () => void;
  /** A provisional response was sent, so the call has a dialog id. */
  early: boolean;
  /** Later INVITEs with the same Call-ID and From tag: not passed to an application. */
  readonly merged: ServerTransaction[];
}

/** An INVITE of an application without a final response so far. */
export interface Calling {
  readonly application: Application;
  readonly dialogId: string;
  /** Undefined until sent. */
  transaction?: ClientTransaction;
  cancelled: boolean;
  cancelSent: boolean;
  /** Cancels the timeout of a cancelled INVITE. */
  stopTimer: () => void;
}

/** State shared by the parts of one server, and message sending. */
export class Exchange {
  readonly transport: TransportLayer;
  readonly transactions: TransactionLayer;
  readonly clock: Clock;
  readonly timers: SipTimers;
  readonly pool: ApplicationPool;
  readonly dialogs = new DialogTable();
  /** By transaction id. */
  readonly pending = new Map<string, Pending>();
  readonly calling = new Map<string, Calling>();
  /** Called for every rejection and failure. */
  readonly fault: (reason: string) => void;

  constructor(o: {
    transport: TransportLayer;
    transactions: TransactionLayer;
    clock: Clock;
    timers: SipTimers;
    pool: ApplicationPool;
    fault: (reason: string) => void;
  }) {
    this.transport = o.transport;
    this.transactions = o.transactions;
    this.clock = o.clock;
    this.timers = o.timers;
    this.pool = o.pool;
    this.fault = o.fault;
  }

  newId(): string {
    return randomUUID();
  }

  /** Passes a message of a transaction, and possibly a dialog, to an application. */
  tell(
    application: Application,
    message: SipMessage,
    flow: Pick<Flow, "transport" | "remote">,
    transactionId: string,
    dialogId: string,
    source: Source = "network",
  ): void {
    application.deliver(message, describe(message, flow, source), [transactionId, dialogId]);
  }

  /** The flow of a request: the dialog's connection while it is open, otherwise a new one to its next hop. */
  async flowFor(request: SipRequest, dialog?: CallDialog, hop?: SipAddress): Promise<Flow | undefined> {
    const own = dialog?.state.flow;
    if (own?.reliable === true && own.open) return own;
    const address = hop ?? dialog?.natAddress ?? nextHop(request);
    if (address === undefined) return undefined;
    const flow = await this.transport.flowTo(address);
    if (!flow.ok) {
      this.fault(
        `cannot reach ${address.transport}/${formatHostPort(address.address, address.port)}: ${flow.failure.reason}`,
      );
      return undefined;
    }
    return flow.value;
  }

  /** Sends an in-dialog request without awaiting its response; calls `sent` once it is being sent. */
  sendUnheard(request: SipRequest, dialog: CallDialog, sent: (flow: Flow) => void): void {
    const send = async (): Promise<void> => {
      const flow = await this.flowFor(request, dialog);
      if (flow !== undefined)
        this.transactions.send(request, flow, { response: () => undefined, fault: () => undefined });
      sent(flow ?? dialog.state.flow);
    };
    inBackground(send());
  }

  /** Hangs up on the server's initiative and notifies the application as drachtio-server does: a BYE with transaction `unsolicited`. */
  hangUp(dialog: CallDialog, text: string): void {
    if (!this.dialogs.remove(dialog)) return;
    const bye = dialog.state.request("BYE", { headers: [["Reason", `SIP ;cause=200 ;text="${text}"`]] });
    this.sendUnheard(bye, dialog, (flow) => {
      this.tell(dialog.application, bye, flow, "unsolicited", dialog.id, "application");
    });
    this.refuseUnanswered(dialog);
  }

  /** The leg of a new request without a To tag: sofia-sip matches by Call-ID and From tag alone. */
  legOf(request: SipRequest): CallDialog | Pending | undefined {
    const id = dialogIdOf(request);
    const dialog = this.dialogs.get(id);
    if (dialog?.state.remoteTag === request.fromTag) return dialog;
    return [...this.pending.values()].find(
      ({ early, transaction, dialog: inside }) =>
        early &&
        inside === undefined &&
        transaction.request.method === "INVITE" &&
        dialogIdOf(transaction.request) === id,
    );
  }

  /** At the end of a dialog its unanswered requests get a 500, as from drachtio-server. */
  refuseUnanswered(dialog: CallDialog): void {
    for (const transactionId of dialog.unanswered) {
      const pending = this.pending.get(transactionId);
      this.pending.delete(transactionId);
      pending?.answered();
      pending?.transaction.reply(500);
    }
    dialog.unanswered.clear();
    for (const transaction of dialog.merged.splice(0)) transaction.reply(500);
  }

  /** Stops all timers; sends nothing. */
  close(): void {
    for (const { answered } of this.pending.values()) answered();
    for (const { stopTimer } of this.calling.values()) stopTimer();
    this.pending.clear();
    this.calling.clear();
    this.dialogs.clear();
    this.transactions.close();
  }

  /** Our listening address with the target's transport and family (a name counts as IPv4), or undefined. */
  reaching(target: SipAddress): SipAddress | undefined {
    const family = isIP(target.address) === 6 ? 6 : 4;
    return this.transport.addresses.find(
      ({ transport, address }) =>
        transport === target.transport && (address === "::" || [0, family].includes(isIP(address))),
    );
  }

  /** Whether a URI addresses this server. */
  isOurs(uri: string): boolean {
    const parsed = parseUri(uri);
    if (parsed === undefined) return false;
    const host = parsed.host === "localhost" ? "127.0.0.1" : parsed.host;
    return this.transport.addresses.some(({ address, port, transport }) => {
      const same = address === host || (isWildcard(address) && host === "127.0.0.1");
      return same && port === (parsed.port ?? (transport === "tls" ? 5061 : 5060));
    });
  }
}

/** Source of a response generated by the stack: drachtio-server 0.9.10 gives an empty address and port 0. */
export function nowhere({ transport }: Pick<Flow, "transport">): Pick<Flow, "transport" | "remote"> {
  return { transport, remote: { transport, address: "", port: 0 } };
}

/** The response generated by the stack without one from the network. */
export function internalResponse(request: SipRequest, fault: "timeout" | "transport", tag: string): SipResponse {
  return SipResponse.to(request, fault === "timeout" ? 408 : 503, { toTag: tag });
}

/** The Contact of this server for messages over that flow. */
export function ownContact(flow: Pick<Flow, "transport" | "local">, bestEffortTls: boolean): string {
  const { transport, local } = flow;
  const scheme = transport === "tls" && !bestEffortTls ? "sips" : "sip";
  const suffix = transport === "udp" ? "" : `;transport=${transport}`;
  return `<${scheme}:${formatHostPort(local.address, local.port)}${suffix}>`;
}
