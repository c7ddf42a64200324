import type { EndCause, SipAnswer } from "../call/cause.js";
import type { CallerEndpoint, IncomingCall, OfferKind, Presence, RecordedLine } from "../call/interfaces.js";
import { type InviteFacts, withoutParties } from "../caller/invite.js";
import type { Clock } from "../util/clock.js";
import { detached } from "../util/detached.js";
import { Latch } from "../util/latch.js";
import { Listeners } from "../util/listeners.js";
import { failure, type Result, success } from "../util/result.js";
import { CallerDialog, type ConnectionCount } from "./caller-dialog.js";
import { allowedMethods, needsReliableProvisionals, unmetExtensions, unsupported } from "./capabilities.js";
import { readContact } from "./contact.js";
import { answerInfo } from "./dtmf-info.js";
import { forgetInDialog, forgetInvite, onRequest } from "./forget-caller.js";
import { completeAnswer, type Offer, offerIn, readNewOffer, readOffer } from "./offer.js";
import type { LostCall } from "./request-gate.js";
import { SessionExchange } from "./session-exchange.js";
import { sourceFrom } from "./source.js";
import type { SrfDialog, SrfLike, SrfRequest, SrfResponse } from "./srf.js";

/** Reason (RFC 3326) of a BYE that only ends drachtio's dialog: the caller has already ended the call. */
export const endedByCaller = 'Q.850;cause=16;text="caller-hung-up"';

/** Dependencies of a call. */
export interface DrachtioCallParts {
  readonly clock: Clock;
  /** From 0 to 1, as `Math.random`. */
  readonly random: () => number;
  readonly connections: ConnectionCount;
  /** The call is answered, and drachtio has this dialog. */
  readonly onDialog: (dialogId: string) => void;
  /** The BYE could not be sent, because drachtio is not connected. */
  readonly onUnended: (dialogId: string, reasonHeader: string) => void;
  readonly onBug: (error: unknown) => void;
}

/**
 * An INVITE from drachtio and the dialog that it creates. drachtio itself sends 100 and, on CANCEL, 200 and 487;
 * einwahl never responds to a CANCEL.
 */
export class DrachtioCall implements IncomingCall, LostCall {
  readonly gone = new Latch<EndCause>();
  readonly #srf: SrfLike;
  readonly #parts: DrachtioCallParts;
  readonly #request: SrfRequest;
  readonly #response: SrfResponse;
  readonly flaw: "bad-extension" | "bad-contact" | undefined;
  readonly #unmet: readonly string[];
  readonly #isSilent: boolean;
  #invite: InviteFacts;
  #offer: Offer;
  readonly #sessionExpires: string;
  #dialog: SrfDialog | undefined;
  #callerDialog: CallerDialog | undefined;
  #exchange: SessionExchange | undefined;
  #endpoint: CallerEndpoint | undefined;
  readonly #onRecord = new Listeners();

  constructor(srf: SrfLike, parts: DrachtioCallParts, request: SrfRequest, response: SrfResponse) {
    this.#srf = srf;
    this.#parts = parts;
    this.#request = request;
    this.#response = response;
    this.#offer = offerIn(request, readOffer);
    this.#invite = readInvite(request);
    this.#sessionExpires = detached(request.get("Session-Expires") ?? "");
    const required = request.get("Require") ?? "";
    this.#unmet = unmetExtensions(required).map(detached);
    this.#isSilent = needsReliableProvisionals(required);
    this.flaw =
      this.#unmet.length > 0
        ? "bad-extension"
        : readContact(request.get("Contact") ?? "") === "reachable"
          ? undefined
          : "bad-contact";
    request.on("cancel", () => {
      this.gone.set("cancelled");
    });
  }

  get invite(): InviteFacts {
    return this.#invite;
  }

  get offer(): OfferKind {
    return this.#offer.kind;
  }

  get mediaOffer(): string {
    return this.#exchange?.offerForNewChannel ?? this.#offer.forMediaServer;
  }

  /** drachtio's dialog ID; `undefined` until the call is accepted. */
  get dialogId(): string | undefined {
    return this.#dialog?.id;
  }

  forgetCaller(): void {
    this.#invite = withoutParties(this.#invite);
    forgetInvite(this.#request, this.#response);
  }

  ring(): void {
    if (!this.#isSilent) this.#response.send(180, "Ringing", {});
  }

  refuse(answer: SipAnswer): void {
    const headers =
      this.flaw === "bad-extension" ? { ...answer.headers, Unsupported: unsupported(this.#unmet) } : answer.headers;
    this.#response.send(answer.status, answer.reason, { headers });
    this.#request.removeAllListeners();
  }

  async accept(sdp: string, endpoint: CallerEndpoint): Promise<Result<void, EndCause>> {
    this.attach(endpoint);
    const dialog = await this.#send200(completeAnswer(this.#offer, sdp));
    return dialog.ok ? success(undefined) : dialog;
  }

  async acceptOffering(offer: string): Promise<Result<{ readonly answer: Promise<string> }, EndCause>> {
    const dialog = await this.#send200(offer);
    if (!dialog.ok) return dialog;
    const answer = new Promise<string>((resolve) => {
      dialog.value.once("ack", (ack) => {
        // The caller's answer to our offer defines the session.
        this.#offer = offerIn(ack, readNewOffer);
        resolve(this.#offer.forMediaServer);
      });
    });
    return success({ answer });
  }

  attach(endpoint: CallerEndpoint): void {
    this.#endpoint = endpoint;
    this.#exchange?.attach(endpoint, this.#offer);
  }

  get record(): RecordedLine | undefined {
    const dialog = this.#dialog;
    const session = this.#exchange?.record;
    return dialog && session && { dialogId: dialog.id, contact: dialog.local.contact, ...session };
  }

  onRecord(listener: () => void): () => void {
    return this.#onRecord.add(listener);
  }

  detach(): void {
    const dialog = this.#dialog;
    this.#stopListening();
    if (dialog !== undefined) this.#srf.removeDialog(dialog);
  }

  async move(endpoint: CallerEndpoint): Promise<Result<void, EndCause>> {
    this.#endpoint = endpoint;
    return (await this.#exchange?.move(endpoint)) ?? failure("answer-failed");
  }

  get isOnHold(): boolean {
    return this.#exchange?.isOnHold === true;
  }

  async askPresence(): Promise<Presence> {
    const presence = (await this.#callerDialog?.askPresence()) ?? "unknown";
    if (presence === "gone") await this.#endedByCaller();
    if (presence === "lost") this.detach();
    return presence;
  }

  async hangUp(reasonHeader: string): Promise<void> {
    const dialog = this.#dialog;
    if (dialog === undefined) return;
    this.#stopListening();
    await this.#callerDialog?.sendBye(reasonHeader);
    this.#srf.removeDialog(dialog);
  }

  /** The connection to drachtio is a new one: an INVITE that is not answered yet can't be answered over it. */
  reconnected(): void {
    if (this.#dialog === undefined) this.gone.set("signalling-lost");
  }

  #stopListening(): void {
    this.#dialog?.removeAllListeners();
    this.#request.removeAllListeners();
    this.#exchange?.close();
  }

  async #send200(localSdp: string): Promise<Result<SrfDialog, EndCause>> {
    return await new Promise((resolve) => {
      this.#srf.createUAS(
        this.#request,
        this.#response,
        { localSdp, headers: { Allow: allowedMethods } },
        (error, dialog) => {
          if (error !== null || dialog === undefined) {
            resolve(failure(error?.status === 487 ? "cancelled" : "answer-failed"));
            return;
          }
          forgetInDialog(this.#srf, dialog);
          // Attach handlers synchronously: an in-dialog request may be in the next frame, and drachtio-srf auto-answers requests without a listener.
          this.#dialog = dialog;
          this.#callerDialog = this.#callerDialogOf(dialog);
          dialog.on("destroy", () => {
            this.#exchange?.close();
            this.gone.set("caller-hung-up");
          });
          this.#exchange = this.#openExchange(dialog, localSdp);
          this.#listen(dialog);
          this.#parts.onDialog(dialog.id);
          resolve(success(dialog));
        },
      );
    });
  }

  #callerDialogOf({ id }: SrfDialog): CallerDialog {
    const { clock, connections, onUnended } = this.#parts;
    return new CallerDialog({ srf: this.#srf, clock, connections, dialogId: id, onUnended, known: "yes" });
  }

  #openExchange(dialog: SrfDialog, localSdp: string): SessionExchange {
    const exchange = new SessionExchange({
      srf: this.#srf,
      ...this.#parts,
      dialog,
      offer: this.#offer,
      onEnd: (cause) => {
        this.gone.set(cause);
      },
      onGone: () => {
        this.#endedByCaller().catch(this.#parts.onBug);
      },
      onChange: () => {
        this.#onRecord.call();
      },
    });
    exchange.begin(localSdp, this.#sessionExpires);
    if (this.#endpoint !== undefined) exchange.attach(this.#endpoint);
    return exchange;
  }

  /** Also ends drachtio's dialog, which drachtio would keep forever. */
  async #endedByCaller(): Promise<void> {
    await this.hangUp(endedByCaller);
    this.gone.set("caller-hung-up");
  }

  #listen(dialog: SrfDialog): void {
    onRequest(dialog, "info", (request, response) => {
      const { status, reason, headers } = this.takeInfo(request.get("Content-Type") ?? "", request.body ?? "");
      response.send(status, reason, { headers });
    });
  }

  takeInfo(contentType: string, body: string): ReturnType<LostCall["takeInfo"]> {
    return answerInfo(contentType, body, this.#endpoint);
  }
}

function readInvite(request: SrfRequest): InviteFacts {
  const header = (name: string): string => valuesOf(request, name).join(",");
  return {
    source: sourceFrom(request.protocol, request.source_address, request.source_port),
    requestUri: request.uri,
    to: request.get("To") ?? "",
    calledParty: header("P-Called-Party-ID"),
    diversion: header("Diversion"),
    historyInfo: header("History-Info"),
    from: request.get("From") ?? "",
    privacy: header("Privacy"),
    assertedIdentities: valuesOf(request, "P-Asserted-Identity"),
    remoteParties: valuesOf(request, "Remote-Party-ID"),
  };
}

/** Case-insensitive, unlike `get`: drachtio-srf keeps `P-...`, `X-...` and Diversion headers in their received spelling. */
function valuesOf({ msg: { headers } }: SrfRequest, name: string): readonly string[] {
  return Object.entries(headers).flatMap(([key, value]) =>
    key.toLowerCase() === name.toLowerCase() && value !== "" ? [value] : [],
  );
}
