import { failure, type Result, success } from "../../util/result.js";
import { inBackground } from "./background.js";
import type { ClientTransaction } from "./client-transaction.js";
import { allow, contactFor, type Core, faultFailure, flowFor, type InviteFailure, withCredentials } from "./core.js";
import { SipDialog } from "./dialog.js";
import { DialogState } from "./dialog-state.js";
import type { Credentials } from "./digest.js";
import type { Flow, SipAddress } from "./flow.js";
import type { HeaderList } from "./headers.js";
import { SipRequest, type SipResponse } from "./message.js";
import { formatHostPort, formatNameAddr } from "./uri.js";

/** Ringing timeout in ms, after which we send CANCEL. */
const maxRingingMs = 180_000;

export interface InviteOptions {
  readonly uri: string;
  /** Without a host, the local address. */
  readonly from: { readonly displayName?: string; readonly user: string; readonly host?: string };
  readonly headers?: HeaderList;
  /** Absent: the peer makes the offer in its 200 (RFC 3261 section 13.2.1). */
  readonly sdp?: string;
  /**
   * Without `sdp`: creates the answer to the peer's offer, sent in the ACK. Called once, with "" if the 200 has
   * no SDP. On a failure the call is acknowledged without SDP and hung up; the result is a 606. Absent: an ACK without SDP.
   */
  readonly answerOffer?: (offerSdp: string) => Result<string, { readonly detail: string }>;
  /** Next hop, overrides the URI. */
  readonly nextHop?: SipAddress;
  /** Answers a 401 or 407, once. */
  readonly auth?: Credentials;
}

/** An outgoing call. */
export interface OutgoingInvite {
  readonly result: Promise<Result<SipDialog, InviteFailure>>;
  onProgress: (response: SipResponse) => void;
  /** Cancels the call. If the peer answers at the same moment, BYE is sent; the result is still 487. */
  cancel(): void;
}

/** The implementation of OutgoingInvite, created by the user agent. */
export class ClientInvite implements OutgoingInvite {
  readonly result: Promise<Result<SipDialog, InviteFailure>>;
  readonly #core: Core;
  readonly #dialogs: Map<string, SipDialog>;
  readonly #options: InviteOptions;
  #resolve: (result: Result<SipDialog, InviteFailure>) => void = () => undefined;
  #transaction: ClientTransaction | undefined;
  #stopTimer: () => void = () => undefined;
  #givenUp: InviteFailure | undefined;
  #cancelSent = false;
  #settled = false;
  onProgress: (response: SipResponse) => void = () => undefined;

  constructor(core: Core, dialogs: Map<string, SipDialog>, options: InviteOptions) {
    this.#core = core;
    this.#dialogs = dialogs;
    this.#options = options;
    this.result = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    inBackground(this.#start());
  }

  cancel(): void {
    this.#giveUp({ status: 487, reason: "Request Terminated" });
  }

  async #start(): Promise<void> {
    const { core, options } = { core: this.#core, options: this.#options };
    const request = new SipRequest("INVITE", options.uri, options.headers ?? [], options.sdp ?? "");
    const flow = await flowFor(core, request, undefined, options.nextHop);
    if (!flow.ok) {
      this.#settle(failure({ status: 503, reason: flow.failure.reason }));
    } else if (this.#givenUp !== undefined) {
      this.#settle(failure(this.#givenUp));
    } else {
      this.#fill(request, flow.value);
      this.#send(request, flow.value);
    }
  }

  #fill(request: SipRequest, flow: Flow): void {
    const { from, uri, sdp } = this.#options;
    const fromUri = `sip:${from.user}@${from.host ?? formatHostPort(flow.local.address)}`;
    const name = from.displayName === undefined ? {} : { displayName: from.displayName };
    const { transactions, userAgent } = this.#core;
    const own: HeaderList = [
      ["Max-Forwards", "70"],
      ["From", formatNameAddr({ ...name, uri: fromUri, params: new Map([["tag", transactions.token()]]) })],
      ["To", `<${uri}>`],
      ["Call-ID", transactions.token(16)],
      ["CSeq", "1 INVITE"],
      ["Contact", contactFor(flow, from.user)],
      ["Allow", allow],
      ["User-Agent", userAgent],
    ];
    for (const [header, value] of own) if (!request.headers.has(header)) request.headers.add(header, value);
    if (sdp !== undefined && !request.headers.has("Content-Type"))
      request.headers.add("Content-Type", "application/sdp");
  }

  #send(request: SipRequest, flow: Flow): void {
    this.#cancelSent = false;
    this.#stopTimer();
    this.#stopTimer = this.#core.clock.after(maxRingingMs, () => {
      this.#giveUp({ status: 408, reason: "no answer" });
    });
    this.#transaction = this.#core.transactions.send(request, flow, {
      response: (response) => {
        this.#receive(request, response, flow);
      },
      fault: (fault) => {
        this.#settle(failure(this.#givenUp ?? faultFailure(fault, flow)));
      },
    });
  }

  #receive(request: SipRequest, response: SipResponse, flow: Flow): void {
    const { status, reason } = response;
    if (status < 200) {
      if (this.#givenUp !== undefined) this.#sendCancel();
      else this.onProgress(response);
    } else if (status < 300) {
      this.#receiveAnswer(request, response, flow);
    } else {
      const again =
        this.#givenUp === undefined ? withCredentials(this.#core, request, response, this.#options.auth) : undefined;
      if (again !== undefined) this.#send(again, flow);
      else this.#settle(failure(this.#givenUp ?? { status, reason, headers: response.headers.entries() }));
    }
  }

  #receiveAnswer(request: SipRequest, response: SipResponse, flow: Flow): void {
    const state = DialogState.ofCaller(request, response, flow);
    const known = this.#dialogs.get(state.key);
    if (known !== undefined) {
      known.acknowledge(response);
      return;
    }
    const wanted = this.#givenUp === undefined && !this.#settled;
    const answered = wanted && request.body === "" ? this.#options.answerOffer?.(response.body) : undefined;
    const sdpOfAck = answered?.ok === true ? answered.value : "";
    const dialog = new SipDialog(this.#core, state, {
      initial: request,
      answer: response,
      localSdp: request.body === "" ? sdpOfAck : request.body,
      remoteSdp: response.body,
      sdpOfAck,
      over: (over) => this.#dialogs.delete(over.key),
    });
    this.#dialogs.set(dialog.key, dialog);
    dialog.acknowledge(response);
    if (wanted && answered?.ok !== false) {
      this.#settle(success(dialog));
      return;
    }
    // Unwanted dialog: cancelled too late, or a second branch of a forked call (RFC 3261 section 13.2.2.4).
    inBackground(dialog.bye());
    const unacceptable = answered?.ok === false ? { status: 606, reason: answered.failure.detail } : undefined;
    this.#settle(failure(unacceptable ?? this.#givenUp ?? { status: 487, reason: "Request Terminated" }));
  }

  #giveUp(why: InviteFailure): void {
    if (this.#settled || this.#givenUp !== undefined) return;
    this.#givenUp = why;
    if (this.#transaction?.proceeding === true) this.#sendCancel();
  }

  #sendCancel(): void {
    if (this.#cancelSent || this.#transaction === undefined) return;
    this.#cancelSent = true;
    const { transactions, clock, timers } = this.#core;
    const transaction = this.#transaction;
    transactions.cancel(transaction);
    this.#stopTimer();
    // RFC 3261 section 9.1: without a final response by then, the INVITE counts as cancelled.
    this.#stopTimer = clock.after(64 * timers.t1, () => {
      transaction.abort();
    });
  }

  #settle(result: Result<SipDialog, InviteFailure>): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#stopTimer();
    this.#resolve(result);
  }
}
