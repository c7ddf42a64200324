import { type EndCause, type SipAnswer, answerFor } from "../call/cause.js";
import type { CallerEndpoint, IncomingCall, OfferKind } from "../call/interfaces.js";
import type { Clock } from "../clock.js";
import { Latch } from "../latch.js";
import { type Result, failure, success } from "../result.js";
import { type InviteFacts, withoutParties } from "../trunk/invite.js";
import { detached } from "./detached.js";
import { infoTypes, readDtmfInfo } from "./dtmf-info.js";
import { forgetInDialog, forgetInvite, forgetOffer } from "./forget-caller.js";
import { sdpIn } from "./message-body.js";
import { type Offer, completeAnswer, readNewOffer, readOffer, unsupportedOffer } from "./offer.js";
import type { SrfDialog, SrfLike, SrfMessage, SrfRequest, SrfResponse } from "./srf.js";

/** What we understand inside a dialog (RFC 3261 section 20.5). */
export const allowedMethods = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE";

/** A BYE that drachtio neither confirms nor refuses is given up after this many milliseconds. */
const byeLimit = 4_000;

/**
 * An INVITE that drachtio handed over and the dialog that it becomes. drachtio has answered 100 and, should
 * the caller cancel, 200 and 487; this side never answers a CANCEL.
 */
export class DrachtioCall implements IncomingCall {
  readonly gone = new Latch<EndCause>();
  readonly #srf: SrfLike;
  readonly #request: SrfRequest;
  readonly #response: SrfResponse;
  readonly #clock: Clock;
  #invite: InviteFacts;
  #offer: Offer;
  readonly #onBug: (error: unknown) => void;
  #dialog: SrfDialog | undefined;
  #endpoint: CallerEndpoint | undefined;

  constructor(srf: SrfLike, clock: Clock, onBug: (error: unknown) => void, request: SrfRequest, response: SrfResponse) {
    this.#srf = srf;
    this.#clock = clock;
    this.#onBug = onBug;
    this.#request = request;
    this.#response = response;
    this.#offer = offerIn(request, readOffer);
    this.#invite = readInvite(request);
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
    return this.#offer.forMediaServer;
  }

  /** The dialog's id at drachtio, once the call is accepted. */
  get dialogId(): string | undefined {
    return this.#dialog?.id;
  }

  forgetCaller(): void {
    this.#invite = withoutParties(this.#invite);
    forgetInvite(this.#request, this.#response);
  }

  ring(): void {
    this.#response.send(180, "Ringing", {});
  }

  refuse(answer: SipAnswer): void {
    this.#response.send(answer.status, answer.reason, { headers: answer.headers });
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
        // From now on the session is what the caller has made of our offer.
        this.#offer = offerIn(ack, readNewOffer);
        resolve(this.#offer.forMediaServer);
      });
    });
    return success({ answer });
  }

  attach(endpoint: CallerEndpoint): void {
    this.#endpoint = endpoint;
  }

  async hangUp(reasonHeader: string): Promise<void> {
    const dialog = this.#dialog;
    if (dialog === undefined) return;
    dialog.removeAllListeners();
    this.#request.removeAllListeners();
    await new Promise<void>((resolve) => {
      const callOff = this.#clock.after(byeLimit, resolve);
      const done = (): void => {
        callOff();
        this.#srf.removeDialog(dialog);
        resolve();
      };
      // By the dialog's id and not through the dialog: that is bound to the connection on which the call came
      // in, and drachtio takes the BYE on any.
      this.#srf.request("sip:placeholder", { method: "BYE", stackDialogId: dialog.id, headers: { Reason: reasonHeader } }, (error, bye) => {
        if (error !== null || bye === undefined) done();
        else bye.on("response", done);
      });
    });
  }

  async #send200(localSdp: string): Promise<Result<SrfDialog, EndCause>> {
    return await new Promise((resolve) => {
      this.#srf.createUAS(this.#request, this.#response, { localSdp, headers: { Allow: allowedMethods } }, (error, dialog) => {
        if (error !== null || dialog === undefined) {
          resolve(failure(error?.status === 487 ? "cancelled" : "answer-failed"));
          return;
        }
        forgetInDialog(this.#srf, dialog);
        // At once: a request of the caller's may be in the next frame, and what nobody listens to drachtio-srf answers itself.
        this.#dialog = dialog;
        dialog.on("destroy", () => {
          this.gone.set("caller-hung-up");
        });
        this.#listen(dialog);
        resolve(success(dialog));
      });
    });
  }

  #listen(dialog: SrfDialog): void {
    dialog.on("ack", () => {
      forgetOffer(dialog);
    });
    dialog.on("modify", (request, response) => {
      this.#renegotiate(dialog, request, response);
    });
    dialog.on("update", (request, response) => {
      this.#renegotiate(dialog, request, response);
    });
    dialog.on("info", (request, response) => {
      const content = readDtmfInfo(request.get("Content-Type") ?? "", request.body ?? "");
      if (content.kind === "key") this.#endpoint?.pressed(content.key);
      if (content.kind === "unsupported") response.send(415, "Unsupported Media Type", { headers: { Accept: infoTypes } });
      else response.send(200, "OK", {});
    });
  }

  /** The signalling is lost for good: drachtio has restarted and does not know the dialog any more. */
  forget(): void {
    if (this.#dialog !== undefined) this.#srf.removeDialog(this.#dialog);
    this.gone.set("signalling-lost");
  }

  #renegotiate(dialog: SrfDialog, request: SrfRequest, response: SrfResponse): void {
    forgetOffer(dialog);
    const endpoint = this.#endpoint;
    // The answer to our own offer is not dealt with yet (RFC 3261 section 14.2).
    if (endpoint === undefined) {
      response.send(491, "Request Pending", {});
      return;
    }
    const offer = offerIn(request, readNewOffer);
    const agree = (sdp: string): void => {
      response.send(200, "OK", { headers: { Contact: dialog.local.contact, "Content-Type": "application/sdp" }, body: sdp });
    };
    if (offer.kind === "none") {
      // A session refresh (RFC 4028): an UPDATE without SDP is confirmed, a re-INVITE without gets what holds now.
      if (request.method === "UPDATE") response.send(200, "OK", { headers: { Contact: dialog.local.contact } });
      else agree(completeAnswer(this.#offer, endpoint.sdp));
      return;
    }
    if (offer.kind === "unsupported-body") {
      const { status, reason, headers } = answerFor("unsupported-body");
      response.send(status, reason, { headers });
      return;
    }
    if (offer.kind !== this.#offer.kind && !offer.isSwitchedOff) {
      response.send(488, "Not Acceptable Here", {});
      return;
    }
    const answering = endpoint.renegotiate(offer.isSwitchedOff ? this.#offer.onHold : offer.forMediaServer).then((answer) => {
      if (answer.ok) {
        agree(completeAnswer(offer, answer.value));
        if (!offer.isSwitchedOff) this.#offer = offer;
        return;
      }
      response.send(488, "Not Acceptable Here", {});
      // The media server sends plain RTP from now on: the call must not go on.
      if (answer.failure === "plain-rtp") this.gone.set("plain-rtp");
    });
    answering.catch((error: unknown) => {
      response.send(500, "Server Internal Error", {});
      this.#onBug(error);
    });
  }
}

function offerIn(message: SrfMessage, read: (sdp: string) => Offer): Offer {
  const header = (name: string): string => message.get(name) ?? "";
  const sdp = sdpIn({ type: header("Content-Type"), disposition: header("Content-Disposition"), encoding: header("Content-Encoding"), text: message.body ?? "" });
  return sdp === undefined ? unsupportedOffer : read(sdp);
}

function readInvite(request: SrfRequest): InviteFacts {
  const header = (name: string): string => valuesOf(request, name).join(",");
  return {
    source: sourceOf(request),
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

/** `get` knows one spelling of a name; drachtio-srf keeps `P-...`, `X-...` and Diversion in each in which they came. */
function valuesOf({ msg: { headers } }: SrfRequest, name: string): readonly string[] {
  return Object.entries(headers).flatMap(([key, value]) => (key.toLowerCase() === name.toLowerCase() && value !== "" ? [value] : []));
}

/** Where a request came from: the flow's far end. */
export function sourceOf(request: SrfRequest): InviteFacts["source"] {
  return { address: detached(request.source_address), port: request.source_port, transport: transportOf(request.protocol) };
}

function transportOf(protocol: string): InviteFacts["source"]["transport"] {
  return protocol === "tls" || protocol === "tcp" ? protocol : "udp";
}
