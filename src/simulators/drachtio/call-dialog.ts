import type { DialogState } from "../../softphone/sip/dialog-state.js";
import type { Flow, SipAddress } from "../../softphone/sip/flow.js";
import type { SipRequest } from "../../softphone/sip/message.js";
import type { ServerTransaction } from "../../softphone/sip/server-transaction.js";
import type { UnacknowledgedAnswer } from "../../softphone/sip/unacknowledged-answer.js";
import { parseUri } from "../../softphone/sip/uri.js";
import type { Clock } from "../../util/clock.js";
import type { Application } from "./application.js";
import { SessionTimer } from "./session-timer.js";

/** How drachtio-server names dialogs: by the tag of whoever sent the INVITE. */
export function dialogIdOf(invite: SipRequest): string {
  return `${invite.callId};from-tag=${invite.fromTag}`;
}

/** An answered INVITE, whether the application sent or took it. Outlives the application's connection. */
export class CallDialog {
  readonly id: string;
  readonly state: DialogState;
  /** Who is told about requests inside it; may have disconnected. */
  readonly application: Application;
  readonly sessionTimer: SessionTimer;
  /** Value of the Contact that we sent, for re-INVITEs without one. */
  readonly localContact: string;
  localSdp: string;
  /** A 2xx of ours, to the INVITE or to a re-INVITE, that has no ACK yet. */
  answer: UnacknowledgedAnswer | undefined;
  /** Sequence number of our INVITE whose 2xx the application has to acknowledge. */
  awaitedAck: number | undefined;
  /** The last ACK sent and its way, to be sent again when its 2xx comes again. */
  lastAck: { readonly request: SipRequest; readonly flow: Flow } | undefined;
  /** The INVITE had been cancelled when its 200 came: hang up after the ACK. */
  hangUpAfterAck = false;
  /** Transaction ids of requests from the network that the application has not answered. */
  readonly unanswered = new Set<string>();
  /** INVITEs that came again over other paths before its 200: they get a 500 at its end. */
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

  /** Where in-dialog requests go when the dialog has no route and its Contact is not where the other side really is. */
  get natAddress(): SipAddress | undefined {
    const contact = parseUri(this.state.remoteTarget)?.host;
    const { remote } = this.state.flow;
    return this.state.routeSet.length === 0 && contact !== remote.address ? remote : undefined;
  }

  isBetween(localTag: string, remoteTag: string): boolean {
    return this.state.localTag === localTag && this.state.remoteTag === remoteTag;
  }

  /** Stops all timers and lets the connection go. */
  end(): void {
    this.answer?.stop();
    this.sessionTimer.stop();
    this.#letGo();
  }
}

/** All dialogs of the server. */
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

  /** The dialog that a request from the network belongs to: either side can have sent the INVITE. */
  ofRequest(request: SipRequest): CallDialog | undefined {
    for (const tag of [request.fromTag, request.toTag]) {
      const dialog = this.#dialogs.get(`${request.callId};from-tag=${tag}`);
      if (dialog?.isBetween(request.toTag, request.fromTag) === true) return dialog;
    }
    return undefined;
  }

  /** Ends a dialog; false if it was over already. */
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
