import { answerFor, type EndCause } from "../call/cause.js";
import type { AnswerFailure, CallerEndpoint } from "../call/interfaces.js";
import type { Clock } from "../util/clock.js";
import type { Result } from "../util/result.js";
import { type DialogRequestOutcome, requestInDialog } from "./dialog-request.js";
import { forgetOffer } from "./forget-caller.js";
import { completeAnswer, type Offer, offerIn, readNewOffer } from "./offer.js";
import { SentSession } from "./sent-session.js";
import { SessionTimer } from "./session-timer.js";
import type { Headers, SrfDialog, SrfLike, SrfRequest, SrfResponse } from "./srf.js";

export interface SessionExchangeOptions {
  readonly srf: SrfLike;
  readonly clock: Clock;
  /** From 0 to 1, as `Math.random`. */
  readonly random: () => number;
  readonly dialog: SrfDialog;
  /** The caller's part of the session as the INVITE and its 200 have made it. */
  readonly offer: Offer;
  /** The session can't go on. */
  readonly onEnd: (cause: EndCause) => void;
  /** The caller's side does not know the dialog any more. */
  readonly onGone: () => void;
  readonly onBug: (error: unknown) => void;
}

/** What is under way about the session: there is one offer at a time (RFC 3264 section 4). */
type State =
  | { readonly kind: "idle" }
  /** The caller's offer is with the media server. */
  | { readonly kind: "answering" }
  /** Our offer is in the 200 to a re-INVITE without SDP; the answer comes with the ACK. */
  | { readonly kind: "offered"; readonly sequence: string; readonly offer: string; readonly cancelTimer: () => void }
  /** Our own re-INVITE is out, or its answer is with the media server. */
  | { readonly kind: "offering" }
  /** The answer in the ACK is with the media server; requests of the caller's wait for it. */
  | { readonly kind: "applying"; readonly done: Promise<void> }
  | { readonly kind: "closed" };

/** 64*T1: so long the ACK of a 2xx is waited for (RFC 3261 section 13.3.1.4), in milliseconds. */
const ackTimeoutMs = 32_000;
/** A re-INVITE of ours that has no final response by then is given up, in milliseconds; drachtio itself does so after 32 s without any. */
const reinviteTimeoutMs = 40_000;
/** The next attempt after a 491, by the side that has not made the Call-ID: up to 2 s, in steps of 10 ms (RFC 3261 section 14.1). */
const maxRetryDelay = 2_000;
const retryStep = 10;
const maxRetries = 4;
/** Of the 500 to a request that came too early, in seconds (RFC 3261 section 14.2). */
const maxRetryAfter = 10;

/** The offers and answers between the caller and us after the 200 to the INVITE: re-INVITEs and UPDATEs of both sides, and session timers. */
export class SessionExchange {
  readonly #options: SessionExchangeOptions;
  readonly #sent = new SentSession();
  readonly #timer: SessionTimer;
  #offer: Offer;
  #endpoint: CallerEndpoint | undefined;
  #state: State = { kind: "idle" };
  #cancelRetry: () => void = () => undefined;

  constructor(options: SessionExchangeOptions) {
    this.#options = options;
    this.#offer = options.offer;
    this.#timer = new SessionTimer(options.clock, () => {
      this.#offerOurs(this.#timer.headers);
    });
    const { dialog } = options;
    dialog.on("ack", (ack) => {
      this.#acknowledged(ack);
      forgetOffer(dialog);
    });
    for (const event of ["modify", "update"] as const) {
      dialog.on(event, (request, response) => {
        this.#receive(request, response);
        forgetOffer(dialog);
      });
    }
  }

  /** The caller has announced that no RTP comes. */
  get isOnHold(): boolean {
    return this.#offer.isOnHold;
  }

  /** The 200 to the INVITE has gone out. @param sessionExpires of the INVITE */
  begin(sdp: string, sessionExpires: string): void {
    this.#sent.stamp(sdp);
    this.#timer.invited(sessionExpires);
  }

  /** From now on the session is negotiated with this endpoint. @param offer what the caller has made of our offer, where the INVITE had none */
  attach(endpoint: CallerEndpoint, offer = this.#offer): void {
    this.#endpoint = endpoint;
    this.#offer = offer;
  }

  /** The call is over. */
  close(): void {
    if (this.#state.kind === "offered") this.#state.cancelTimer();
    this.#state = { kind: "closed" };
    this.#cancelRetry();
    this.#timer.stop();
  }

  #receive(request: SrfRequest, response: SrfResponse): void {
    if (this.#state.kind === "applying") {
      this.#state.done.then(() => {
        this.#receive(request, response);
      }, this.#options.onBug);
      return;
    }
    const { contact } = this.#options.dialog.local;
    const offer = offerIn(request, readNewOffer);
    const accept = (sdp?: string): void => {
      const headers = { Contact: contact, ...this.#timer.renewed(request.get("Session-Expires")) };
      if (sdp === undefined) response.send(200, "OK", { headers });
      else response.send(200, "OK", { headers: { ...headers, "Content-Type": "application/sdp" }, body: sdp });
    };
    // A session refresh (RFC 4028 section 7.4): without SDP an UPDATE has nothing to do with offers.
    if (request.method === "UPDATE" && offer.kind === "none") {
      accept();
      return;
    }
    const endpoint = this.#endpoint;
    // Our offer has no answer yet, or the caller's has none (RFC 3261 section 14.2, RFC 3311 section 5.2).
    if (endpoint === undefined || this.#state.kind === "offering" || this.#state.kind === "offered") {
      response.send(491, "Request Pending", {});
      return;
    }
    if (this.#state.kind !== "idle") {
      response.send(500, "Server Internal Error", {
        headers: { "Retry-After": String(Math.floor(this.#options.random() * (maxRetryAfter + 1))) },
      });
      return;
    }
    if (offer.kind === "none") {
      this.#offerInAnswer(endpoint, request, accept);
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
    this.#state = { kind: "answering" };
    const answering = endpoint
      .renegotiate(offer.isSwitchedOff ? this.#offer.onHold : offer.forMediaServer)
      .then((answer) => {
        this.#idle();
        if (answer.ok) {
          accept(this.#sent.stamp(completeAnswer(offer, answer.value)));
          this.#note(offer);
          return;
        }
        response.send(488, "Not Acceptable Here", {});
        // The media server sends plain RTP from now on: the call must not go on.
        if (answer.failure === "plain-rtp") this.#options.onEnd("plain-rtp");
      });
    answering.catch((error: unknown) => {
      this.#idle();
      response.send(500, "Server Internal Error", {});
      this.#options.onBug(error);
    });
  }

  /** A re-INVITE without SDP gets an offer (RFC 3261 section 14.2), as for a new call: the caller may have been put through to another telephone. */
  #offerInAnswer(endpoint: CallerEndpoint, request: SrfRequest, accept: (sdp: string) => void): void {
    const offer = endpoint.newOffer();
    const cancelTimer = this.#options.clock.after(ackTimeoutMs, () => {
      this.#options.onEnd("answer-failed");
    });
    this.#state = { kind: "offered", sequence: sequenceOf(request), offer, cancelTimer };
    accept(this.#sent.stamp(completeAnswer(this.#offer, offer), true));
  }

  #acknowledged(ack: SrfRequest): void {
    const state = this.#state;
    if (state.kind !== "offered" || state.sequence !== sequenceOf(ack)) return;
    state.cancelTimer();
    this.#idle();
    const answer = offerIn(ack, readNewOffer);
    // The caller's side owes an answer. It seems to have wanted a refresh only: RTP shows whether the session still holds.
    if (answer.kind === "none") return;
    const done = this.#take(state.offer, answer).finally(() => {
      this.#idle();
    });
    this.#state = { kind: "applying", done };
    done.catch(this.#options.onBug);
  }

  /** Gives the media server the caller's answer to our offer. An answer that can't be used ends the call: both sides would go on with other sessions. */
  async #take(offer: string, answer: Offer): Promise<void> {
    const endpoint = this.#endpoint;
    if (endpoint === undefined || this.#isClosed()) return;
    if (answer.kind === "plain" && this.#offer.kind === "sdes") {
      this.#options.onEnd("plain-rtp");
      return;
    }
    const isUsable = answer.isSwitchedOff || answer.kind === this.#offer.kind;
    const taken: Result<void, AnswerFailure> = isUsable
      ? await endpoint.takeAnswer(offer, answer.isSwitchedOff ? this.#offer.onHold : answer.forMediaServer)
      : { ok: false, failure: "unusable-offer" };
    if (taken.ok) this.#note(answer);
    else if (taken.failure !== "other-suite") this.#options.onEnd(taken.failure);
    else if (offer === endpoint.sdp) this.#options.onEnd("unusable-offer");
    // The media server keeps its suite: it is offered once more, alone.
    else this.#retryAfter(0, {}, maxRetries);
  }

  /** Our own re-INVITE, with the session as it is. */
  #offerOurs(headers: Headers, retries = maxRetries): void {
    const endpoint = this.#endpoint;
    if (endpoint === undefined || this.#isClosed()) return;
    if (this.#state.kind !== "idle") {
      this.#retryLater(headers, retries);
      return;
    }
    this.#state = { kind: "offering" };
    const { srf, clock, dialog, onBug } = this.#options;
    const offer = endpoint.sdp;
    const body = this.#sent.stamp(completeAnswer(this.#offer, offer));
    const asking = requestInDialog(srf, clock, dialog.id, {
      method: "INVITE",
      headers: { Contact: dialog.local.contact, "Content-Type": "application/sdp", ...headers },
      body,
      timeoutMs: reinviteTimeoutMs,
    });
    asking
      .then((answer) => this.#answered(offer, answer, headers, retries))
      .finally(() => {
        this.#idle();
      })
      .catch(onBug);
  }

  async #answered(offer: string, answer: DialogRequestOutcome, headers: Headers, retries: number): Promise<void> {
    if (answer.kind !== "answered" || this.#isClosed()) return;
    const { response } = answer;
    if (response.status === 491) this.#retryLater(headers, retries);
    else if (response.status === 481) this.#options.onGone();
    else if (response.status < 300) {
      this.#timer.refreshed(response.get("Session-Expires"));
      const theirs = offerIn(response, readNewOffer);
      if (theirs.kind !== "none") await this.#take(offer, theirs);
    }
  }

  #retryLater(headers: Headers, retries: number): void {
    this.#retryAfter(Math.floor((this.#options.random() * maxRetryDelay) / retryStep) * retryStep, headers, retries);
  }

  #retryAfter(ms: number, headers: Headers, retries: number): void {
    this.#cancelRetry();
    if (retries === 0) return;
    this.#cancelRetry = this.#options.clock.after(ms, () => {
      this.#offerOurs(headers, retries - 1);
    });
  }

  /** What the caller has agreed to; without audio the rest stays as it was, for the time when audio comes back. */
  #note(offer: Offer): void {
    this.#offer = offer.isSwitchedOff ? { ...this.#offer, isOnHold: true } : offer;
  }

  #idle(): void {
    if (!this.#isClosed()) this.#state = { kind: "idle" };
  }

  #isClosed(): boolean {
    return this.#state.kind === "closed";
  }
}

function sequenceOf(request: SrfRequest): string {
  return /^\s*(\d{1,10})/.exec(request.get("CSeq") ?? "")?.[1] ?? "";
}
