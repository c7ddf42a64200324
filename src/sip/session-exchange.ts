import { answerFor, type EndCause } from "../call/cause.js";
import type { AnswerFailure, CallerEndpoint, RecordedLine } from "../call/interfaces.js";
import type { Clock } from "../util/clock.js";
import { forgetLastMatch } from "../util/detached.js";
import { failure, type Result, success } from "../util/result.js";
import { type DialogRequestOutcome, requestInDialog } from "./dialog-request.js";
import {
  ackTimeoutMs,
  ExchangeTurn,
  maxRetries,
  reinviteTimeoutMs,
  retryAfter,
  retryDelayMs,
} from "./exchange-state.js";
import { forgetOffer, onRequest } from "./forget-caller.js";
import { completeAnswer, forNewChannel, type Offer, offerIn, readNewOffer } from "./offer.js";
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

/** Offer/answer exchanges with the caller after the 200 to the INVITE: re-INVITEs and UPDATEs of both sides, session timers. */
export class SessionExchange {
  readonly #options: SessionExchangeOptions;
  readonly #sent = new SentSession();
  readonly #timer: SessionTimer;
  #offer: Offer;
  #endpoint: CallerEndpoint | undefined;
  readonly #turn = new ExchangeTurn();
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
      forgetLastMatch();
    });
    for (const event of ["modify", "update"] as const) {
      onRequest(dialog, event, (request, response) => {
        this.#receive(request, response);
        forgetOffer(dialog);
      });
    }
  }

  /** Whether the caller's SDP announces that RTP may stop. */
  get isOnHold(): boolean {
    return this.#offer.isOnHold;
  }

  /** The caller's current SDP for a new channel. */
  get offerForNewChannel(): string {
    return forNewChannel(this.#offer);
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
    if (this.#turn.state.kind === "offered") this.#turn.state.cancelTimer();
    this.#turn.enter({ kind: "closed" });
    this.#cancelRetry();
    this.#timer.stop();
  }

  /** Moves the session to another channel, see `IncomingCall.move`. What the lost channel has not completed is dropped. */
  async move(endpoint: CallerEndpoint): Promise<Result<void, EndCause>> {
    this.#endpoint = endpoint;
    this.#cancelRetry();
    const state = this.#turn.state;
    // A pending offer of the caller is answered with the new channel: no re-INVITE is needed then.
    if (state.kind === "answering" && (await state.again(endpoint))) return success(undefined);
    if (state.kind === "applying") this.#turn.leave(state);
    for (let tries = 0; tries <= maxRetries && this.#canOffer(endpoint); tries++) {
      if (this.#turn.state.kind !== "idle") {
        await this.#turn.untilIdle();
        continue;
      }
      const offering = this.#turn.enter({ kind: "offering" });
      const offer = endpoint.sdp;
      const outcome = await this.#send(offer, this.#timer.headers);
      const isPending = outcome.kind === "answered" && outcome.response.status === 491;
      const isUsed = !isPending && (await this.#answered(endpoint, offer, outcome));
      this.#turn.leave(offering);
      if (!isPending) return isUsed ? success(undefined) : failure("media-server-lost");
      await this.#retryPause();
    }
    return failure("media-server-lost");
  }

  #receive(request: SrfRequest, response: SrfResponse): void {
    if (this.#turn.state.kind === "applying") {
      this.#turn.state.done.then(() => {
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
    if (endpoint === undefined || this.#turn.state.kind === "offering" || this.#turn.state.kind === "offered") {
      response.send(491, "Request Pending", {});
      return;
    }
    if (this.#turn.state.kind !== "idle") {
      response.send(500, "Server Internal Error", {
        headers: { "Retry-After": retryAfter(this.#options.random) },
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
    const answer = async (by: CallerEndpoint): Promise<boolean> => {
      const answering = this.#turn.enter({ kind: "answering", again: answer });
      try {
        const asked = offer.isSwitchedOff ? this.#offer.onHold : offer.forMediaServer;
        const answered = await by.renegotiate(asked);
        // The channel is lost: another one answers.
        if (by !== this.#endpoint || (by.gone.isSet && !answered.ok)) return false;
        this.#turn.leave(answering);
        if (answered.ok) {
          accept(this.#sent.stamp(completeAnswer(offer, answered.value)));
          this.#note(offer);
          return true;
        }
        response.send(488, "Not Acceptable Here", {});
        // The media server sends plain RTP now: end the call.
        if (answered.failure === "plain-rtp") this.#options.onEnd("plain-rtp");
      } catch (error) {
        this.#turn.leave(answering);
        response.send(500, "Server Internal Error", {});
        this.#options.onBug(error);
      }
      return false;
    };
    answer(endpoint).catch(this.#options.onBug);
  }

  /** Responds to a re-INVITE without SDP with a full offer (RFC 3261 section 14.2): the caller may have been transferred to another telephone. */
  #offerInAnswer(endpoint: CallerEndpoint, request: SrfRequest, accept: (sdp: string) => void): void {
    const offer = endpoint.newOffer();
    const cancelTimer = this.#options.clock.after(ackTimeoutMs, () => {
      this.#options.onEnd("answer-failed");
    });
    this.#turn.enter({ kind: "offered", sequence: sequenceOf(request), offer, endpoint, cancelTimer });
    accept(this.#sent.stamp(completeAnswer(this.#offer, offer), true));
  }

  #acknowledged(ack: SrfRequest): void {
    const state = this.#turn.state;
    if (state.kind !== "offered" || state.sequence !== sequenceOf(ack)) return;
    state.cancelTimer();
    this.#turn.leave(state);
    const answer = offerIn(ack, readNewOffer);
    // The required answer is missing. Treat the request as a refresh; the RTP timeout ends a broken session.
    if (answer.kind === "none") return;
    const done = this.#take(state.endpoint, state.offer, answer);
    const applying = this.#turn.enter({ kind: "applying", done: done.then(() => undefined) });
    done
      .finally(() => {
        this.#turn.leave(applying);
      })
      .catch(this.#options.onBug);
  }

  /**
   * Applies the caller's answer to the channel that has offered; returns whether it is used. An unusable answer ends the call,
   * because the two sides' sessions would differ.
   */
  async #take(endpoint: CallerEndpoint, offer: string, answer: Offer): Promise<boolean> {
    if (this.#turn.isClosed) return false;
    if (answer.kind === "plain" && this.#offer.kind === "sdes") {
      this.#options.onEnd("plain-rtp");
      return false;
    }
    const isUsable = answer.isSwitchedOff || answer.kind === this.#offer.kind;
    // The offering channel is lost: only its successor needs the caller's side.
    if (endpoint !== this.#endpoint) {
      if (isUsable) this.#note(answer);
      return false;
    }
    const taken: Result<void, AnswerFailure> = isUsable
      ? await endpoint.takeAnswer(offer, answer.isSwitchedOff ? this.#offer.onHold : answer.forMediaServer)
      : failure("unusable-offer");
    if (taken.ok) this.#note(answer);
    else if (endpoint !== this.#endpoint || endpoint.gone.isSet) return false;
    else if (taken.failure !== "other-suite") this.#options.onEnd(taken.failure);
    else if (offer === endpoint.sdp) this.#options.onEnd("unusable-offer");
    // The media server cannot change its suite: offer only that one.
    else this.#retryAfter(0, {}, maxRetries);
    return taken.ok;
  }

  /** Sends a re-INVITE with the unchanged session. */
  #offerOurs(headers: Headers, retries = maxRetries): void {
    const endpoint = this.#endpoint;
    if (endpoint === undefined || this.#turn.isClosed) return;
    if (this.#turn.state.kind !== "idle") {
      this.#retryLater(headers, retries);
      return;
    }
    const offering = this.#turn.enter({ kind: "offering" });
    const offer = endpoint.sdp;
    this.#send(offer, headers)
      .then(async (outcome) => {
        if (outcome.kind === "answered" && outcome.response.status === 491) this.#retryLater(headers, retries);
        else await this.#answered(endpoint, offer, outcome);
      })
      .finally(() => {
        this.#turn.leave(offering);
      })
      .catch(this.#options.onBug);
  }

  /** Sends a re-INVITE with this offer of a media server. */
  async #send(offer: string, headers: Headers): Promise<DialogRequestOutcome> {
    const { srf, clock, dialog } = this.#options;
    return await requestInDialog(srf, clock, dialog.id, {
      method: "INVITE",
      headers: { Contact: dialog.local.contact, "Content-Type": "application/sdp", ...headers },
      body: this.#sent.stamp(completeAnswer(this.#offer, offer)),
      timeoutMs: reinviteTimeoutMs,
    });
  }

  /** The final response to our re-INVITE, unless it is 491; returns whether its answer is used. */
  async #answered(endpoint: CallerEndpoint, offer: string, outcome: DialogRequestOutcome): Promise<boolean> {
    if (outcome.kind !== "answered" || this.#turn.isClosed) return false;
    const { response } = outcome;
    if (response.status === 481) this.#options.onGone();
    if (response.status >= 300) return false;
    this.#timer.refreshed(response.get("Session-Expires"));
    const theirs = offerIn(response, readNewOffer);
    return theirs.kind !== "none" && (await this.#take(endpoint, offer, theirs));
  }

  /** The pause before the retry after a 491; never resolves if the call ends. */
  async #retryPause(): Promise<void> {
    const { clock, random } = this.#options;
    await new Promise<void>((resolve) => {
      this.#cancelRetry = clock.after(retryDelayMs(random), resolve);
    });
  }

  #retryLater(headers: Headers, retries: number): void {
    this.#retryAfter(retryDelayMs(this.#options.random), headers, retries);
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

  #canOffer(endpoint: CallerEndpoint): boolean {
    return endpoint === this.#endpoint && !endpoint.gone.isSet && !this.#turn.isClosed;
  }
}

function sequenceOf(request: SrfRequest): string {
  return /^\s*(\d{1,10})/.exec(request.get("CSeq") ?? "")?.[1] ?? "";
}
