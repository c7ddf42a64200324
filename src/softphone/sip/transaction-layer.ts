import type { Clock } from "../../util/clock.js";
import { cancelFor, type ClientEvents, ClientTransaction } from "./client-transaction.js";
import type { Flow } from "./flow.js";
import { type SipMessage, type SipRequest, SipResponse } from "./message.js";
import { sendResponse, ServerTransaction } from "./server-transaction.js";
import type { SipTimers } from "./timers.js";
import { makeVia, type TransportLayer } from "./transport.js";

/** Maximum concurrent server transactions; further requests get a 503. */
const maxServerTransactions = 20_000;
const branchCookie = "z9hG4bK";

/** What transactions need from the transport: received messages and flows to addresses. */
export type Network = Pick<TransportLayer, "onMessage" | "flowTo">;

export interface TransactionLayerOptions {
  readonly transport: Network;
  readonly clock: Clock;
  readonly random: (bytes: number) => Buffer;
  readonly timers: SipTimers;
}

/** Matches messages to transactions and creates new ones (RFC 3261 section 17). */
export class TransactionLayer {
  readonly #options: TransactionLayerOptions;
  readonly #clients = new Map<string, ClientTransaction>();
  readonly #servers = new Map<string, ServerTransaction>();

  /** Called for a new request. The 100 to an INVITE has been sent; CANCEL and the ACK of a non-2xx are handled internally. */
  onRequest: (transaction: ServerTransaction) => void = () => undefined;
  /** Called for the ACK of a 2xx, which belongs to a dialog. */
  onAck: (ack: SipRequest, flow: Flow) => void = () => undefined;

  constructor(options: TransactionLayerOptions) {
    this.#options = options;
    options.transport.onMessage = (message, flow) => {
      this.#receive(message, flow);
    };
  }

  /** Active transactions, and those kept only to absorb retransmissions. */
  counts(): { waiting: number; lingering: number } {
    const all = [...this.#clients.values(), ...this.#servers.values()];
    const lingering = all.filter((transaction) => transaction.lingering).length;
    return { waiting: all.length - lingering, lingering };
  }

  /** A random identifier of lower-case hex digits. */
  token(bytes = 8): string {
    return this.#options.random(bytes).toString("hex");
  }

  /**
   * Prepends a Via and sends the request in a new transaction.
   * Events are asynchronous: never before this call has returned.
   */
  send(request: SipRequest, flow: Flow, events: ClientEvents): ClientTransaction {
    request.headers.prepend("Via", makeVia(flow, `${branchCookie}${this.token(12)}`));
    return this.#start(request, flow, events);
  }

  /** Sends a CANCEL for a pending INVITE. The INVITE's final response tells the outcome. */
  cancel(invite: ClientTransaction, headers: readonly (readonly [string, string])[] = []): SipRequest {
    const request = cancelFor(invite.request);
    request.headers.addAll(headers);
    this.#start(request, invite.flow, { response: () => undefined, fault: () => undefined });
    return request;
  }

  /** Sends a request outside any transaction: the ACK of a 2xx. */
  sendAck(ack: SipRequest, flow: Flow): void {
    ack.headers.prepend("Via", makeVia(flow, `${branchCookie}${this.token(12)}`));
    flow.send(ack.toString());
  }

  /** Ends all transactions; pending requests fail. */
  close(): void {
    for (const transaction of [...this.#clients.values()]) transaction.abort();
    for (const transaction of [...this.#servers.values()]) transaction.terminate();
  }

  #start(request: SipRequest, flow: Flow, events: ClientEvents): ClientTransaction {
    const key = clientKey(request);
    const { clock, timers } = this.#options;
    const ended = (): void => {
      this.#clients.delete(key);
    };
    const transaction = new ClientTransaction({ request, flow, clock, timers, events, ended });
    this.#clients.set(key, transaction);
    queueMicrotask(() => {
      if (this.#clients.get(key) === transaction) transaction.start();
    });
    return transaction;
  }

  #receive(message: SipMessage, flow: Flow): void {
    if (message.kind === "response") {
      this.#clients.get(clientKey(message))?.receive(message, flow);
      return;
    }
    const known = this.#servers.get(serverKey(message, message.method));
    if (message.method === "ACK") {
      const invite = this.#servers.get(serverKey(message, "INVITE"));
      // Some peers send the ACK of a 2xx with the INVITE's branch.
      if (invite === undefined || invite.accepted) this.onAck(message, flow);
      else invite.receiveAck();
    } else if (known !== undefined) {
      known.receiveAgain();
    } else if (message.method === "CANCEL") {
      const invite = this.#servers.get(serverKey(message, "INVITE"));
      const cancel = this.#serve(message, flow);
      const refused = invite === undefined || (invite.accepted && invite.onLateCancel());
      cancel?.reply(refused ? 481 : 200);
      invite?.receiveCancel(message);
    } else {
      const transaction = this.#serve(message, flow);
      if (transaction === undefined) return;
      if (message.method === "INVITE") transaction.reply(100);
      this.onRequest(transaction);
    }
  }

  #serve(request: SipRequest, flow: Flow): ServerTransaction | undefined {
    const { transport, clock, timers } = this.#options;
    const reach = transport.flowTo.bind(transport);
    if (this.#servers.size >= maxServerTransactions) {
      sendResponse(SipResponse.to(request, 503, { toTag: "overload" }), flow, reach);
      return undefined;
    }
    const key = serverKey(request, request.method);
    const ended = (): void => {
      this.#servers.delete(key);
    };
    const localTag = request.toTag === "" ? this.token() : request.toTag;
    const transaction = new ServerTransaction({ request, flow, localTag, clock, timers, reach, ended });
    this.#servers.set(key, transaction);
    return transaction;
  }
}

function clientKey(message: SipMessage): string {
  return `${message.via?.params.get("branch") ?? ""}|${message.cseq.method}`;
}

/** RFC 3261 section 17.2.3; the second form is for RFC 2543 senders. */
function serverKey(request: SipRequest, method: string): string {
  const via = request.via;
  const branch = via?.params.get("branch") ?? "";
  const sentBy = `${via?.host.toLowerCase() ?? ""}:${via?.port ?? ""}`;
  if (branch.startsWith(branchCookie)) return `${branch}|${sentBy}|${method}`;
  return [request.uri, request.fromTag, request.callId, request.cseq.number, sentBy, branch, method].join("|");
}
