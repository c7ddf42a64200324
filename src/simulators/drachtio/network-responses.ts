import { cancelFor, type ClientEvents } from "../../softphone/sip/client-transaction.js";
import { DialogState } from "../../softphone/sip/dialog-state.js";
import type { Flow } from "../../softphone/sip/flow.js";
import type { HeaderList } from "../../softphone/sip/headers.js";
import type { SipRequest, SipResponse } from "../../softphone/sip/message.js";
import type { Application } from "./application.js";
import { CallDialog } from "./call-dialog.js";
import { type Calling, type Exchange, internalResponse, nowhere } from "./exchange.js";
import { parseSessionExpires } from "./session-timer.js";

/** Passes responses from the network to the applications that sent the requests. */
export class NetworkResponses {
  readonly #exchange: Exchange;
  readonly #sessionTimerDue: (dialog: CallDialog, weRefresh: boolean) => void;

  constructor(exchange: Exchange, sessionTimerDue: (dialog: CallDialog, weRefresh: boolean) => void) {
    this.#exchange = exchange;
    this.#sessionTimerDue = sessionTimerDue;
  }

  /** For an out-of-dialog request other than INVITE. */
  toOther(request: SipRequest, flow: Flow, transactionId: string, application: Application): ClientEvents {
    const tell = (response: SipResponse, way: Pick<Flow, "transport" | "remote"> = flow): void => {
      this.#exchange.tell(application, response, way, transactionId, "");
    };
    return {
      response: (response) => {
        tell(response);
      },
      fault: (fault) => {
        tell(internalResponse(request, fault, this.#exchange.transactions.token()), nowhere(flow));
      },
    };
  }

  /** For an out-of-dialog INVITE: its 200 creates a dialog. */
  toInvite(request: SipRequest, flow: Flow, transactionId: string, calling: Calling): ClientEvents {
    const tell = (response: SipResponse, way: Pick<Flow, "transport" | "remote"> = flow): void => {
      if (response.status >= 200) {
        calling.stopTimer();
        this.#exchange.calling.delete(transactionId);
      }
      this.#exchange.tell(calling.application, response, way, transactionId, calling.dialogId);
    };
    return {
      response: (response) => {
        if (response.status < 200 && calling.cancelled) this.cancelWhenProceeding(calling, []);
        if (response.status >= 200 && response.status < 300) {
          if (this.#acknowledgedBefore(calling.dialogId, response)) return;
          this.#addDialog(request, response, flow, calling);
        }
        tell(response);
      },
      fault: (fault) => {
        tell(internalResponse(request, fault, this.#exchange.transactions.token()), nowhere(flow));
      },
    };
  }

  /** For an in-dialog request. */
  inside(
    request: SipRequest,
    flow: Flow,
    transactionId: string,
    dialog: CallDialog,
    application: Application,
  ): ClientEvents {
    const tell = (response: SipResponse, way: Pick<Flow, "transport" | "remote"> = flow): void => {
      const { status } = response;
      const challenged = status === 401 || status === 407;
      if (request.method === "BYE" && status >= 200 && !challenged && this.#exchange.dialogs.remove(dialog)) {
        this.#exchange.refuseUnanswered(dialog);
      }
      this.#exchange.tell(application, response, way, transactionId, dialog.id);
    };
    return {
      response: (response) => {
        if (request.method === "INVITE" && response.status >= 200 && response.status < 300) {
          if (this.#acknowledgedBefore(dialog.id, response)) return;
          this.#renew(dialog, request, response);
        }
        tell(response);
      },
      fault: (fault) => {
        tell(internalResponse(request, fault, this.#exchange.transactions.token()), nowhere(flow));
      },
    };
  }

  /** Sends the CANCEL, at once or after the first provisional response (RFC 3261 section 9.1). Returns it. */
  cancelWhenProceeding(calling: Calling, headers: HeaderList): SipRequest {
    const { transaction } = calling;
    if (transaction === undefined) throw new Error("nothing was sent that could be cancelled");
    if (!transaction.proceeding || calling.cancelSent) return cancelFor(transaction.request);
    calling.cancelSent = true;
    // RFC 3261 section 9.1: without a final response by then, the INVITE counts as cancelled.
    calling.stopTimer = this.#exchange.clock.after(64 * this.#exchange.timers.t1, () => {
      transaction.abort();
    });
    return this.#exchange.transactions.cancel(transaction, headers);
  }

  /** A retransmitted 200 gets the same ACK again; the application is not notified. */
  #acknowledgedBefore(dialogId: string, response: SipResponse): boolean {
    const dialog = this.#exchange.dialogs.get(dialogId);
    const ack = dialog?.lastAck;
    if (dialog?.awaitedAck === response.cseq.number) return true;
    if (ack?.request.cseq.number !== response.cseq.number) return false;
    ack.flow.send(ack.request.toString());
    return true;
  }

  #addDialog(request: SipRequest, response: SipResponse, flow: Flow, calling: Calling): void {
    const dialog = new CallDialog({
      id: calling.dialogId,
      state: DialogState.ofCaller(request, response, flow),
      application: calling.application,
      localContact: request.headers.get("Contact") ?? "",
      localSdp: request.body,
      clock: this.#exchange.clock,
      sessionTimerDue: this.#sessionTimerDue,
    });
    dialog.awaitedAck = request.cseq.number;
    dialog.hangUpAfterAck = calling.cancelled;
    this.#exchange.dialogs.add(dialog);
    this.#startSessionTimer(dialog, response);
  }

  #renew(dialog: CallDialog, request: SipRequest, response: SipResponse): void {
    dialog.state.refreshTarget(response);
    dialog.awaitedAck = request.cseq.number;
    this.#startSessionTimer(dialog, response);
  }

  #startSessionTimer(dialog: CallDialog, response: SipResponse): void {
    const expires = parseSessionExpires(response.headers.get("Session-Expires"));
    if (expires !== undefined) dialog.sessionTimer.start(expires.seconds, expires.refresher !== "uas");
  }
}
