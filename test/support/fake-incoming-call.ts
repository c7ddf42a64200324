import type { EndCause, SipAnswer } from "../../src/call/cause.js";
import type { CallerEndpoint, IncomingCall, OfferKind, Presence, RecordedLine } from "../../src/call/interfaces.js";
import type { InviteFacts } from "../../src/caller/invite.js";
import { Latch } from "../../src/util/latch.js";
import { Listeners } from "../../src/util/listeners.js";
import { failure, type Result, success } from "../../src/util/result.js";
import type { Perform, Timing } from "./fake-endpoint.js";

export interface IncomingCallScript {
  readonly offer: OfferKind;
  readonly flaw?: IncomingCall["flaw"];
  readonly acceptMs: Timing;
  readonly hangUpMs: Timing;
  /** When the ACK with the answer to einwahl's offer arrives. */
  readonly acknowledgedMs: Timing;
  /** The outcome of the 200 if the caller has not cancelled. */
  readonly acceptOutcome: Result<void, EndCause>;
  /** When the caller answers the re-INVITE for a move to another channel, and how. */
  readonly moveMs: Timing;
  readonly moveOutcome: Result<void, EndCause>;
}

export const someInvite: InviteFacts = {
  source: { address: "192.0.2.1", port: 5061, transport: "tls" },
  requestUri: "sip:+4930123456@192.0.2.9",
  to: "<sip:+4930123456@trunk.example>",
  calledParty: "",
  diversion: "",
  historyInfo: "",
  from: "<sip:+4915112345678@trunk.example>",
  privacy: "",
  assertedIdentities: [],
  remoteParties: [],
};

export const someLine: RecordedLine = {
  dialogId: "dialog-1",
  contact: "<sip:einwahl.example>",
  origin: "o=FreeSWITCH 1 2",
  offer: {
    kind: "sdes",
    media: [{ type: "audio", profile: "RTP/SAVP", formats: "8 101" }],
    chosen: 0,
    isOnHold: false,
  },
};

/** An INVITE from a fake SIP server, and the resulting dialog. */
export class FakeIncomingCall implements IncomingCall {
  readonly invite = someInvite;
  readonly gone = new Latch<EndCause>();
  readonly mediaOffer = "v=0 the caller's offer";
  readonly offer: OfferKind;
  readonly flaw: IncomingCall["flaw"];
  rings = 0;
  readonly refusals: SipAnswer[] = [];
  accepts = 0;
  attachments = 0;
  timesForgotten = 0;
  /** Times that the dialog was left to another process. */
  detached = 0;
  readonly moves: CallerEndpoint[] = [];
  readonly hangUps: string[] = [];
  /** Requests that the SIP side cannot fulfil. */
  readonly mistakes: string[] = [];
  #isUp = false;
  readonly #script: IncomingCallScript;
  readonly #perform: Perform;

  constructor(script: IncomingCallScript, perform: Perform) {
    this.#script = script;
    this.#perform = perform;
    this.offer = script.offer;
    this.flaw = script.flaw;
  }

  /** Whether a dialog exists, from the 200 on. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** Another process has answered the call. */
  answeredElsewhere(): void {
    this.#isUp = true;
  }

  /** The caller hangs up: CANCEL before the 200, BYE after it. */
  hangUpByCaller(): EndCause {
    const cause = this.#isUp ? "caller-hung-up" : "cancelled";
    this.#isUp = false;
    this.gone.set(cause);
    return cause;
  }

  forgetCaller(): void {
    this.timesForgotten += 1;
  }

  ring(): void {
    this.rings += 1;
  }

  refuse(answer: SipAnswer): void {
    if (this.gone.value === "cancelled") this.mistakes.push("refused a call that was cancelled");
    if (this.#isUp) this.mistakes.push("refused a call that was accepted");
    this.refusals.push(answer);
  }

  async accept(): Promise<Result<void, EndCause>> {
    this.accepts += 1;
    return await this.#perform<Result<void, EndCause>>("accepted", this.#script.acceptMs, () => {
      if (this.gone.isSet) return failure("cancelled");
      this.#isUp = this.#script.acceptOutcome.ok;
      return this.#script.acceptOutcome.ok ? success(undefined) : this.#script.acceptOutcome;
    });
  }

  async acceptOffering(): Promise<Result<{ readonly answer: Promise<string> }, EndCause>> {
    const accepted = await this.accept();
    return accepted.ok
      ? success({ answer: this.#perform("acknowledged", this.#script.acknowledgedMs, () => "v=0 the caller's answer") })
      : accepted;
  }

  readonly isOnHold = false;

  get record(): RecordedLine | undefined {
    return this.#isUp ? someLine : undefined;
  }

  readonly #onRecord = new Listeners();

  onRecord(listener: () => void): () => void {
    return this.#onRecord.add(listener);
  }

  /** The caller's session has changed. */
  changeSession(): void {
    this.#onRecord.call();
  }

  detach(): void {
    this.detached += 1;
  }

  async askPresence(): Promise<Presence> {
    return await Promise.resolve("there");
  }

  attach(): void {
    this.attachments += 1;
  }

  async move(endpoint: CallerEndpoint): Promise<Result<void, EndCause>> {
    if (!this.#isUp) this.mistakes.push("moved a call without a dialog");
    this.moves.push(endpoint);
    return await this.#perform("moved", this.#script.moveMs, () => this.#script.moveOutcome);
  }

  async hangUp(reasonHeader: string): Promise<void> {
    if (!this.#isUp) this.mistakes.push("sent a BYE without a dialog");
    this.hangUps.push(reasonHeader);
    await this.#perform("hung-up", this.#script.hangUpMs, () => {
      this.#isUp = false;
    });
  }
}
