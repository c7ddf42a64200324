import { allow, contactFor, type Core } from "./core.js";
import { SipDialog } from "./dialog.js";
import { DialogState } from "./dialog-state.js";
import type { SipAddress } from "./flow.js";
import type { HeaderList } from "./headers.js";
import { type SipRequest, SipResponse } from "./message.js";
import type { ServerTransaction } from "./server-transaction.js";

/** An incoming call. The 100 has been sent. */
export interface IncomingInvite {
  readonly request: SipRequest;
  /** The source address of the packet or connection. */
  readonly source: SipAddress;
  /** Sends 180 or another provisional response; no effect after the call is answered, refused or cancelled. */
  ring(status?: number, sdp?: string): void;
  /** Sends a final refusal, 300 to 699. */
  reject(status: number, reason?: string, headers?: HeaderList): void;
  /**
   * Sends 200 and repeats it until the ACK. Without an ACK the dialog ends as lost.
   * After a CANCEL nothing is sent and the returned dialog has already ended.
   */
  accept(sdp: string, headers?: HeaderList): SipDialog;
  /** Drops the INVITE without a final response; a later CANCEL matches no transaction. */
  drop(): void;
  /** The caller sent CANCEL; the stack has sent 487. */
  onCancel: () => void;
}

/** The implementation of IncomingInvite, created by the user agent. */
export class ServerInvite implements IncomingInvite {
  readonly request: SipRequest;
  readonly source: SipAddress;
  readonly #core: Core;
  readonly #transaction: ServerTransaction;
  readonly #dialogs: Map<string, SipDialog>;
  onCancel: () => void = () => undefined;

  constructor(core: Core, transaction: ServerTransaction, dialogs: Map<string, SipDialog>) {
    this.#core = core;
    this.#transaction = transaction;
    this.#dialogs = dialogs;
    this.request = transaction.request;
    this.source = transaction.flow.remote;
    transaction.onCancel = () => {
      this.onCancel();
    };
  }

  ring(status = 180, sdp = ""): void {
    const type: HeaderList = sdp === "" ? [] : [["Content-Type", "application/sdp"]];
    this.#transaction.reply(status, { headers: [...this.#headers(), ...type], body: sdp });
  }

  reject(status: number, reason?: string, headers: HeaderList = []): void {
    const own: HeaderList = [["Server", this.#core.userAgent], ...headers];
    this.#transaction.reply(status, { headers: own, ...(reason === undefined ? {} : { reason }) });
  }

  drop(): void {
    this.#transaction.terminate();
  }

  accept(sdp: string, headers: HeaderList = []): SipDialog {
    const transaction = this.#transaction;
    const recorded = this.request.headers.all("Record-Route").map((value) => ["Record-Route", value] as const);
    const answer = SipResponse.to(this.request, 200, {
      toTag: transaction.localTag,
      headers: [...recorded, ...this.#headers(), ["Content-Type", "application/sdp"], ...headers],
      body: sdp,
    });
    const state = DialogState.ofCallee(this.request, answer, transaction.flow);
    const dialog = new SipDialog(this.#core, state, {
      initial: this.request,
      answer,
      localSdp: sdp,
      remoteSdp: this.request.body,
      over: (over) => this.#dialogs.delete(over.key),
    });
    if (!transaction.respond(answer)) {
      dialog.finish({ by: "remote" });
      return dialog;
    }
    this.#dialogs.set(dialog.key, dialog);
    dialog.awaitAck(transaction);
    return dialog;
  }

  #headers(): HeaderList {
    return [
      ["Contact", contactFor(this.#transaction.flow)],
      ["Allow", allow],
      ["Server", this.#core.userAgent],
    ];
  }
}
