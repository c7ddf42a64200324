import type { DialogState } from "../../softphone/sip/dialog-state.js";
import type { Flow, SipAddress } from "../../softphone/sip/flow.js";
import type { SipRequest } from "../../softphone/sip/message.js";
import type { ServerTransaction } from "../../softphone/sip/server-transaction.js";
import type { UnacknowledgedAnswer } from "../../softphone/sip/unacknowledged-answer.js";
import { parseUri } from "../../softphone/sip/uri.js";
import type { Clock } from "../../util/clock.js";
import type { Application } from "./application.js";
import { SessionTimer } from "./session-timer.js";

/** The dialog id of drachtio-server, based on the tag of the INVITE's sender. */
export function dialogIdOf(invite: SipRequest): string {
  return `${invite.callId};from-tag=${invite.fromTag}`;
}

/** The dialog of an answered INVITE, sent or received by the application. Outlives the application's connection. */
export class CallDialog {
  readonly id: string;
  readonly state: DialogState;
  /** Receives the in-dialog requests; may have disconnected. */
  readonly application: Application;
  readonly sessionTimer: SessionTimer;
  /** Our Contact value, for re-INVITEs without one. */
  readonly localContact: string;
  localSdp: string;
  /** Our 2xx to the INVITE or to a re-INVITE, without an ACK so far. */
  answer: UnacknowledgedAnswer | undefined;
  /** Sequence number of our INVITE whose 2xx awaits the application's ACK. */
  awaitedAck: number | undefined;
  /** The last ACK and its flow, repeated for a retransmitted 2xx. */
  lastAck: { readonly request: SipRequest; readonly flow: Flow } | undefined;
  /** The INVITE was cancelled before its 200: hang up after the ACK. */
  hangUpAfterAck = false;
  /** Transaction ids of network requests without a response of the application. */
  readonly unanswered = new Set<string>();
  /** Merged INVITEs received over other paths before the 200: they get a 500 at the end of the dialog. */
  readonly merged: ServerTransaction[];
  readonly #letGo: () => void;

  constructor(o: {
    id: string;
    state: DialogState;
    application: Application;
    localContact: string;
    localSdp: string;
    clock: Clock;
    sessionTimerDue: (dialog: CallDialog, weRefresh: boolean) => void;
    merged?: ServerTransaction[];
  }) {
    this.id = o.id;
    this.state = o.state;
    this.application = o.application;
    this.localContact = o.localContact;
    this.localSdp = o.localSdp;
    this.merged = o.merged ?? [];
    this.#letGo = o.state.flow.retain();
    this.sessionTimer = new SessionTimer(o.clock, (weRefresh) => {
      o.sessionTimerDue(this, weRefresh);
    });
  }

  /** Target of in-dialog requests if the dialog has no route and its Contact differs from the source address (NAT). */
  get natAddress(): SipAddress | undefined {
    const contact = parseUri(this.state.remoteTarget)?.host;
    const { remote } = this.state.flow;
    return this.state.routeSet.length === 0 && contact !== remote.address ? remote : undefined;
  }

  isBetween(localTag: string, remoteTag: string): boolean {
    return this.state.localTag === localTag && this.state.remoteTag === remoteTag;
  }

  /** Stops all timers and releases the connection. */
  end(): void {
    this.answer?.stop();
    this.sessionTimer.stop();
    this.#letGo();
  }
}

/** The dialogs of the server. */
export class DialogTable {
  readonly #dialogs = new Map<string, CallDialog>();

  get size(): number {
    return this.#dialogs.size;
  }

  add(dialog: CallDialog): void {
    this.#dialogs.set(dialog.id, dialog);
  }

  get(id: string): CallDialog | undefined {
    return this.#dialogs.get(id);
  }

  /** The dialog of a network request; either side may have sent the INVITE. */
  ofRequest(request: SipRequest): CallDialog | undefined {
    for (const tag of [request.fromTag, request.toTag]) {
      const dialog = this.#dialogs.get(`${request.callId};from-tag=${tag}`);
      if (dialog?.isBetween(request.toTag, request.fromTag) === true) return dialog;
    }
    return undefined;
  }

  /** Ends a dialog; false if it had already ended. */
  remove(dialog: CallDialog): boolean {
    if (this.#dialogs.get(dialog.id) !== dialog) return false;
    this.#dialogs.delete(dialog.id);
    dialog.end();
    return true;
  }

  clear(): void {
    for (const dialog of this.#dialogs.values()) dialog.end();
    this.#dialogs.clear();
  }
}
