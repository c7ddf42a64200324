import { failure, type Result, success } from "../../util/result.js";
import { inBackground } from "./background.js";
import {
  allow,
  contactFor,
  type Core,
  type DialogEnd,
  flowFor,
  type InviteFailure,
  type RequestFailure,
  sendRequest,
} from "./core.js";
import type { DialogState } from "./dialog-state.js";
import type { Flow } from "./flow.js";
import type { HeaderList } from "./headers.js";
import { type SipRequest, SipResponse } from "./message.js";
import type { ServerTransaction } from "./server-transaction.js";
import { UnacknowledgedAnswer } from "./unacknowledged-answer.js";

/** The dialog of an answered call, until either side sends BYE. */
export class SipDialog {
  readonly #core: Core;
  readonly #state: DialogState;
  readonly #initial: SipRequest;
  readonly #answer: SipResponse;
  readonly #sdpOfAck: string;
  readonly #over: (dialog: SipDialog) => void;
  #letGo: () => void;
  #resolveEnded: (end: DialogEnd) => void = () => undefined;
  #resolveAcknowledged: (sdp: string | undefined) => void = () => undefined;
  #ended = false;
  #hangingUp = false;
  #localSdp: string;
  #remoteSdp: string;
  /** Our 2xx without an ACK so far. */
  #unacknowledged: UnacknowledgedAnswer | undefined;
  /** The INVITE or re-INVITE that it answers. */
  #unacknowledgedRequest: SipRequest | undefined;
  #reinviting = false;
  /** Creates our answer to the peer's offer in the 2xx to our re-INVITE without SDP. */
  #answerLate: ((offer: string) => string) | undefined;
  /** The SDP of our last ACK to a re-INVITE, with the re-INVITE's sequence number. */
  #lateAnswer: { readonly sequence: number; readonly sdp: string } | undefined;

  /** Resolves when the call is over. */
  readonly ended: Promise<DialogEnd>;
  /**
   * Incoming call: the SDP of the ACK ("" if none), which answers an offer in our 200. Undefined if the dialog
   * ends before the ACK, and at the end of an outgoing call.
   */
  readonly acknowledged: Promise<string | undefined>;
  /** Answers a re-INVITE, or an UPDATE with SDP: our SDP or a refusal. The default repeats localSdp. */
  onReinvite: (request: SipRequest) => { sdp: string } | { reject: number } = () => ({ sdp: this.#localSdp });
  /** Called for each INFO, after its 200. */
  onInfo: (request: SipRequest) => void = () => undefined;

  /** For the user agent. @param over called once, when the dialog must leave its table */
  constructor(
    core: Core,
    state: DialogState,
    o: {
      initial: SipRequest;
      answer: SipResponse;
      localSdp: string;
      remoteSdp: string;
      /** Our answer to the offer in the 2xx. */
      sdpOfAck?: string;
      over: (dialog: SipDialog) => void;
    },
  ) {
    this.#core = core;
    this.#state = state;
    this.#initial = o.initial;
    this.#answer = o.answer;
    this.#localSdp = o.localSdp;
    this.#remoteSdp = o.remoteSdp;
    this.#sdpOfAck = o.sdpOfAck ?? "";
    this.#over = o.over;
    this.#letGo = state.flow.retain();
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.acknowledged = new Promise((resolve) => {
      this.#resolveAcknowledged = resolve;
    });
  }

  get callId(): string {
    return this.#state.callId;
  }

  get localTag(): string {
    return this.#state.localTag;
  }

  get remoteTag(): string {
    return this.#state.remoteTag;
  }

  /** As last sent or received, bodies of ACKs included. */
  get localSdp(): string {
    return this.#localSdp;
  }

  get remoteSdp(): string {
    return this.#remoteSdp;
  }

  /** The INVITE that created the dialog. */
  get initial(): SipRequest {
    return this.#initial;
  }

  /** The 2xx that created the dialog. */
  get answer(): SipResponse {
    return this.#answer;
  }

  get key(): string {
    return this.#state.key;
  }

  /** The flow of in-dialog requests. */
  get flow(): Flow {
    return this.#state.flow;
  }

  /** Sends BYE and resolves at its response or timeout. Waits for the ACK of our own 2xx first (RFC 3261 section 15). */
  async bye(headers: HeaderList = []): Promise<void> {
    if (this.#ended || this.#hangingUp) return;
    this.#hangingUp = true;
    await this.#unacknowledged?.settled;
    if (this.#isOver()) return;
    await this.#send("BYE", headers, "");
    this.finish({ by: "local" });
  }

  /**
   * Sends a re-INVITE with our new SDP, once our own last 2xx is acknowledged. Fails with 491 while another one is pending.
   *
   * @param answerLate for a re-INVITE without SDP: creates our answer to the offer in the 2xx, sent in the ACK
   */
  async reinvite(
    sdp: string,
    more: HeaderList = [],
    answerLate?: (offer: string) => string,
  ): Promise<Result<SipResponse, InviteFailure>> {
    if (this.#ended || this.#hangingUp) return failure({ status: 481, reason: "the dialog has ended" });
    if (this.#reinviting) return failure({ status: 491, reason: "Request Pending" });
    this.#reinviting = true;
    await this.#unacknowledged?.settled;
    this.#answerLate = answerLate;
    const isTyped = sdp === "" || more.some(([name]) => name === "Content-Type");
    const headers: HeaderList = [
      ["Contact", contactFor(this.#state.flow)],
      ["Allow", allow],
      ...(isTyped ? [] : [["Content-Type", "application/sdp"] as const]),
      ...more,
    ];
    const result = await this.#send("INVITE", headers, sdp);
    this.#reinviting = false;
    if (!result.ok) return result;
    const { status, reason } = result.value;
    if (status >= 300) return failure({ status, reason, headers: result.value.headers.entries() });
    this.#state.refreshTarget(result.value);
    if (sdp !== "") this.#localSdp = sdp;
    else if (this.#lateAnswer?.sequence === result.value.cseq.number && this.#lateAnswer.sdp !== "")
      this.#localSdp = this.#lateAnswer.sdp;
    if (result.value.body !== "") this.#remoteSdp = result.value.body;
    return success(result.value);
  }

  /** Sends UPDATE without SDP, which refreshes the session (RFC 4028 section 7.4). Succeeds with any final response. */
  async update(): Promise<Result<SipResponse, RequestFailure>> {
    return this.#send("UPDATE", [["Contact", contactFor(this.#state.flow)]], "");
  }

  /** Sends INFO. Succeeds with any final response. */
  async info(contentType: string, body: string): Promise<Result<SipResponse, RequestFailure>> {
    return this.#send("INFO", [["Content-Type", contentType]], body);
  }

  /** For the user agent: our 2xx was sent and awaits its ACK. */
  awaitAck(transaction: ServerTransaction): void {
    const answer = new UnacknowledgedAnswer(
      this.#core.clock,
      this.#core.timers,
      () => {
        transaction.repeat();
      },
      () => {
        inBackground(this.#endUnacknowledged());
      },
    );
    this.#unacknowledged = answer;
    this.#unacknowledgedRequest = transaction.request;
  }

  /** For the user agent: the ACK of our 2xx. */
  receiveAck(ack: SipRequest): void {
    if (this.#unacknowledged?.acknowledge() !== true) return;
    if (ack.body !== "") this.#remoteSdp = ack.body;
    if (this.#unacknowledgedRequest === this.#initial) this.#resolveAcknowledged(ack.body);
  }

  /** For the user agent: acknowledges a 2xx to our INVITE, retransmissions included. */
  acknowledge(response: SipResponse): void {
    const body = response.cseq.number === this.#initial.cseq.number ? this.#sdpOfAck : this.#answerTo(response);
    const headers: HeaderList = body === "" ? [] : [["Content-Type", "application/sdp"]];
    const ack = this.#state.request("ACK", { sequence: response.cseq.number, headers, body });
    inBackground(
      flowFor(this.#core, ack, this.#state.flow).then((flow) => {
        if (flow.ok) this.#core.transactions.sendAck(ack, flow.value);
      }),
    );
  }

  /** The SDP of the ACK: the same for each retransmission of the 2xx. */
  #answerTo(response: SipResponse): string {
    const { number: sequence } = response.cseq;
    if (this.#lateAnswer?.sequence !== sequence)
      this.#lateAnswer = { sequence, sdp: this.#answerLate?.(response.body) ?? "" };
    return this.#lateAnswer.sdp;
  }

  /** For the user agent: a request inside this dialog. */
  receive(transaction: ServerTransaction): void {
    const { request } = transaction;
    if (!this.#state.inOrder(request)) {
      transaction.reply(500, { headers: [["Retry-After", "1"]] });
      return;
    }
    this.#follow(transaction.flow);
    switch (request.method) {
      case "BYE":
        this.#receiveBye(transaction);
        break;
      case "INVITE":
      case "UPDATE":
        this.#receiveOffer(transaction);
        break;
      case "INFO":
        transaction.reply(200);
        this.onInfo(request);
        break;
      case "OPTIONS":
        transaction.reply(200, { headers: [["Allow", allow]] });
        break;
      default:
        transaction.reply(405, { headers: [["Allow", allow]] });
    }
  }

  /** For the user agent: ends the dialog, once. */
  finish(end: DialogEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#unacknowledged?.stop();
    this.#letGo();
    this.#over(this);
    this.#resolveAcknowledged(undefined);
    this.#resolveEnded(end);
  }

  /** The peer sent a request over another connection: use that one from now on. */
  #follow(flow: Flow): void {
    if (!flow.reliable || flow === this.#state.flow) return;
    this.#letGo();
    this.#letGo = flow.retain();
    this.#state.flow = flow;
  }

  #receiveBye(transaction: ServerTransaction): void {
    transaction.reply(200);
    const reason = transaction.request.headers.get("Reason");
    this.finish({ by: "remote", ...(reason === undefined ? {} : { reason }) });
  }

  #receiveOffer(transaction: ServerTransaction): void {
    const { request } = transaction;
    const busy = this.#reinviting || this.#hangingUp || this.#unacknowledged?.pending === true;
    if (request.method === "INVITE" && busy) {
      transaction.reply(491);
      return;
    }
    this.#state.refreshTarget(request);
    const contact: HeaderList = [
      ["Contact", contactFor(transaction.flow)],
      ["Allow", allow],
    ];
    if (request.method === "UPDATE" && request.body === "") {
      transaction.reply(200, { headers: contact });
      return;
    }
    const verdict = this.onReinvite(request);
    if ("reject" in verdict) {
      transaction.reply(verdict.reject);
      return;
    }
    if (request.body !== "") this.#remoteSdp = request.body;
    this.#localSdp = verdict.sdp;
    const headers: HeaderList = [...contact, ["Content-Type", "application/sdp"]];
    const response = SipResponse.to(request, 200, { headers, body: verdict.sdp });
    transaction.respond(response);
    if (request.method === "INVITE") this.awaitAck(transaction);
  }

  async #endUnacknowledged(): Promise<void> {
    if (this.#ended || this.#hangingUp) return;
    await this.#send("BYE", [], "");
    this.finish({ by: "lost" });
  }

  async #send(method: string, headers: HeaderList, body: string): Promise<Result<SipResponse, RequestFailure>> {
    if (this.#ended) return failure({ status: 481, reason: "the dialog has ended" });
    const request = this.#state.request(method, { headers: [...headers, ["User-Agent", this.#core.userAgent]], body });
    const flow = await flowFor(this.#core, request, this.#state.flow);
    if (!flow.ok) return failure({ status: 503, reason: flow.failure.reason });
    const result = await sendRequest(this.#core, request, flow.value, (response) => {
      if (method === "INVITE") this.acknowledge(response);
    });
    // RFC 3261 section 12.2.1.2: with these the peer has lost the dialog.
    const status = result.ok ? result.value.status : result.failure.status;
    if (method !== "BYE" && (status === 481 || status === 408)) this.finish({ by: "lost" });
    return result;
  }

  #isOver(): boolean {
    return this.#ended;
  }
}
