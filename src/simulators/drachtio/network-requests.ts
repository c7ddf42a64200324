import type { Flow } from "../../softphone/sip/flow.js";
import type { SipRequest } from "../../softphone/sip/message.js";
import type { ServerTransaction } from "../../softphone/sip/server-transaction.js";
import { parseUri } from "../../softphone/sip/uri.js";
import type { Application } from "./application.js";
import { CallDialog, dialogIdOf } from "./call-dialog.js";
import { describe } from "./envelope.js";
import type { Exchange, Pending } from "./exchange.js";
import { areIdentitiesReadable } from "./identity-headers.js";
import { minSe, parseSessionExpires } from "./session-timer.js";

/** Timeout of an application's first response in ms; then the request is dropped without a response. */
const applicationWithin = 64_000;
/** Timeout of an application's response to BYE, in ms. */
const byeWithin = 32_000;
const routed = new Set(["INVITE", "REGISTER", "MESSAGE", "OPTIONS", "INFO", "NOTIFY", "SUBSCRIBE", "PUBLISH"]);

/** Passes requests from the network to applications. */
export class NetworkRequests {
  readonly #exchange: Exchange;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  start(): void {
    const { transactions } = this.#exchange;
    transactions.onRequest = (transaction) => {
      this.#receive(transaction);
    };
    transactions.onAck = (ack, flow) => {
      this.#receiveAck(ack, flow);
    };
  }

  #receive(transaction: ServerTransaction): void {
    const { request } = transaction;
    const dialog = request.toTag === "" ? undefined : this.#exchange.dialogs.ofRequest(request);
    if (dialog !== undefined) {
      this.#receiveInside(transaction, dialog);
    } else if ((request.received?.unreadableLines ?? 0) > 0 || !areIdentitiesReadable(request)) {
      // drachtio's controller.cpp checks them only outside of dialogs.
      this.#exchange.fault("a request with a malformed header");
      transaction.reply(400);
    } else if (["BYE", "UPDATE"].includes(request.method) || (request.method === "INVITE" && request.toTag !== "")) {
      transaction.reply(481);
    } else if (routed.has(request.method)) {
      const leg = request.method === "INVITE" ? this.#exchange.legOf(request) : undefined;
      if (leg === undefined) this.#receiveNew(transaction);
      else this.#receiveMerged(transaction, leg);
    } else {
      this.#exchange.fault(`${request.method} is not supported, as by drachtio-server: dropped`);
      transaction.terminate();
    }
  }

  #receiveNew(transaction: ServerTransaction): void {
    const { request, flow } = transaction;
    const application = this.#exchange.pool.next(request.method);
    if (application === undefined) {
      transaction.reply(503);
      return;
    }
    const pending = this.#await(transaction, application, undefined, applicationWithin, () => {
      this.#exchange.fault(`no response from the application to ${request.method}: dropped`);
      transaction.terminate();
    });
    transaction.onCancel = (cancel) => {
      this.#cancelled(pending, cancel, flow);
    };
    const to = [pending.transactionId, "", flow.local.address, flow.local.port];
    application.deliver(request, describe(request, flow, "network"), to);
  }

  /** Observed with drachtio-server: before the 200 the second INVITE gets only 100 until the call ends, after it 491. */
  #receiveMerged(transaction: ServerTransaction, leg: CallDialog | Pending): void {
    if (leg instanceof CallDialog) {
      transaction.reply(491);
      return;
    }
    this.#exchange.fault("a second INVITE of a ringing call: not passed to an application");
    leg.merged.push(transaction);
  }

  #cancelled(pending: Pending, cancel: SipRequest, flow: Flow): void {
    this.#exchange.pending.delete(pending.transactionId);
    pending.answered();
    const dialogId = pending.early ? dialogIdOf(pending.transaction.request) : "";
    this.#exchange.tell(pending.application, cancel, flow, pending.transactionId, dialogId);
  }

  #receiveInside(transaction: ServerTransaction, dialog: CallDialog): void {
    const { request, flow } = transaction;
    const { method } = request;
    const exchange = this.#exchange;
    if (!dialog.state.inOrder(request)) {
      transaction.reply(500, { headers: [["Retry-After", "1"]] });
      return;
    }
    if (method === "INVITE" && (parseUri(request.contact?.uri ?? "")?.host ?? "") === "") {
      transaction.reply(400);
      return;
    }
    if (method === "INVITE" || method === "UPDATE") {
      if (this.#refusedForSessionTimer(transaction, dialog)) return;
      dialog.state.refreshTarget(request);
    }
    if (method === "BYE") exchange.dialogs.remove(dialog);
    if (!dialog.application.connected) {
      transaction.reply(481);
      if (method === "BYE") exchange.refuseUnanswered(dialog);
      return;
    }
    const within = method === "BYE" ? byeWithin : undefined;
    const pending = this.#await(transaction, dialog.application, dialog, within, () => {
      exchange.fault(`no response from the application to ${method}`);
      transaction.reply(500);
    });
    exchange.tell(dialog.application, request, flow, pending.transactionId, dialog.id);
    if (method === "BYE") exchange.refuseUnanswered(dialog);
    else dialog.unanswered.add(pending.transactionId);
  }

  /** drachtio-server handles session timers (RFC 4028). */
  #refusedForSessionTimer(transaction: ServerTransaction, dialog: CallDialog): boolean {
    const timer = dialog.sessionTimer;
    const wereRefresher = timer.weRefresh;
    timer.stop();
    const expires = parseSessionExpires(transaction.request.headers.get("Session-Expires"));
    if (expires === undefined) return false;
    if (expires.seconds < minSe) {
      transaction.reply(422, { headers: [["Min-SE", `${minSe}`]] });
      return true;
    }
    const theyRefresh = expires.refresher === "uac" || (expires.refresher === undefined && wereRefresher);
    timer.start(expires.seconds, !theyRefresh);
    return false;
  }

  #receiveAck(ack: SipRequest, flow: Flow): void {
    const dialog = this.#exchange.dialogs.ofRequest(ack);
    if (dialog?.answer?.acknowledge() !== true) return;
    this.#exchange.tell(dialog.application, ack, flow, this.#exchange.newId(), dialog.id);
  }

  #await(
    transaction: ServerTransaction,
    application: Application,
    dialog: CallDialog | undefined,
    within: number | undefined,
    expired: () => void,
  ): Pending {
    const { pending, clock } = this.#exchange;
    const transactionId = this.#exchange.newId();
    const forget = (): void => {
      pending.delete(transactionId);
      dialog?.unanswered.delete(transactionId);
    };
    const answered =
      within === undefined
        ? (): void => undefined
        : clock.after(within, () => {
            forget();
            expired();
          });
    transaction.onTimeout = forget;
    const entry: Pending = {
      transactionId,
      transaction,
      application,
      answered,
      early: false,
      merged: [],
      ...(dialog === undefined ? {} : { dialog }),
    };
    pending.set(transactionId, entry);
    return entry;
  }
}
