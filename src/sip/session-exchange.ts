import { answerFor, type EndCause } from "../call/cause.js";
import type { AnswerFailure, CallerEndpoint, RecordedLine } from "../call/interfaces.js";
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
  /** The caller's side of the session after the INVITE and its 200. */
  readonly offer: Offer;
  /** The session cannot continue. */
  readonly onEnd: (cause: EndCause) => void;
  /** The caller no longer knows the dialog (481). */
  readonly onGone: () => void;
  /** The session has changed, and `record` with it. */
  readonly onChange: () => void;
  readonly onBug: (error: unknown) => void;
}

/** The state of the offer/answer exchange; only one offer may be pending (RFC 3264 section 4). */
type State =
  | { readonly kind: "idle" }
  /** The media server is answering the caller's offer. */
  | { readonly kind: "answering" }
  /** Our offer was sent in the 200 to a re-INVITE without SDP; waiting for the answer in the ACK. */
  | { readonly kind: "offered"; readonly sequence: string; readonly offer: string; readonly cancelTimer: () => void }
  /** Our re-INVITE is pending, or the media server is applying its answer. */
  | { readonly kind: "offering" }
  /** The media server is applying the answer in the ACK; the caller's requests are queued until then. */
  | { readonly kind: "applying"; readonly done: Promise<void> }
  | { readonly kind: "closed" };

/** 64*T1: timeout for the ACK of a 2xx (RFC 3261 section 13.3.1.4), in milliseconds. */
const ackTimeoutMs = 32_000;
/** Timeout for the final response to our re-INVITE, in milliseconds; drachtio's own timeout without any response is 32 s. */
const reinviteTimeoutMs = 40_000;
/** Retry delay after a 491 for the side that does not own the Call-ID: up to 2 s in units of 10 ms (RFC 3261 section 14.1). */
const maxRetryDelay = 2_000;
const retryStep = 10;
const maxRetries = 4;
/** Maximum Retry-After of a 500 to an overlapping request, in seconds (RFC 3261 section 14.2). */
const maxRetryAfter = 10;

/** Offer/answer exchanges with the caller after the 200 to the INVITE: re-INVITEs and UPDATEs of both sides, session timers. */
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

  /** Whether the caller's SDP announces that RTP may stop. */
  get isOnHold(): boolean {
    return this.#offer.isOnHold;
  }

  /** Call it after the 200 to the INVITE was sent. @param sessionExpires of the INVITE */
  begin(sdp: string, sessionExpires: string): void {
    this.#sent.stamp(sdp);
    this.#timer.invited(sessionExpires);
  }

  /** Continues the session of another process. */
  resume(line: Pick<RecordedLine, "origin" | "session">): void {
    this.#sent.resume(line.origin);
    if (line.session !== undefined) this.#timer.takeOver(line.session.seconds);
  }

  /** What another process needs to continue the session. */
  get record(): Pick<RecordedLine, "origin" | "offer" | "session"> | undefined {
    const { kind, media, chosen, isOnHold } = this.#offer;
    if (kind !== "sdes" && kind !== "plain") return undefined;
    const session = this.#timer.state;
    return {
      origin: this.#sent.origin,
      offer: { kind, media: [...media], chosen, isOnHold },
      ...(session !== undefined && { session }),
    };
  }

  /** Sets the endpoint that negotiates. @param offer the caller's answer to our offer, if the INVITE had no SDP */
  attach(endpoint: CallerEndpoint, offer = this.#offer): void {
    this.#endpoint = endpoint;
    this.#offer = offer;
  }

  /** Stops all timers at the end of the call. */
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
    // An UPDATE without SDP is a session refresh only (RFC 4028 section 7.4).
    if (request.method === "UPDATE" && offer.kind === "none") {
      accept();
      return;
    }
    const endpoint = this.#endpoint;
    // An offer is pending (RFC 3261 section 14.2, RFC 3311 section 5.2).
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
        // The media server sends plain RTP now: end the call.
        if (answer.failure === "plain-rtp") this.#options.onEnd("plain-rtp");
      });
    answering.catch((error: unknown) => {
      this.#idle();
      response.send(500, "Server Internal Error", {});
      this.#options.onBug(error);
    });
  }

  /** Responds to a re-INVITE without SDP with a full offer (RFC 3261 section 14.2): the caller may have been transferred to another telephone. */
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
    // The required answer is missing. Treat the request as a refresh; the RTP timeout ends a broken session.
    if (answer.kind === "none") return;
    const done = this.#take(state.offer, answer).finally(() => {
      this.#idle();
    });
    this.#state = { kind: "applying", done };
    done.catch(this.#options.onBug);
  }

  /** Applies the caller's answer to our offer at the media server. An unusable answer ends the call, because the two sides' sessions would differ. */
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
    // The media server cannot change its suite: offer only that one.
    else this.#retryAfter(0, {}, maxRetries);
  }

  /** Sends a re-INVITE with the unchanged session. */
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

  /** Stores the caller's side of the session; without audio the previous one is kept for when audio is re-enabled. */
  #note(offer: Offer): void {
    this.#offer = offer.isSwitchedOff ? { ...this.#offer, isOnHold: true } : offer;
    this.#options.onChange();
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
