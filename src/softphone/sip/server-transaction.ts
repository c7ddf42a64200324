import type { Clock } from "../../util/clock.js";
import type { Result } from "../../util/result.js";
import { inBackground } from "./background.js";
import type { Flow, SipAddress, TransportFailure } from "./flow.js";
import { type SipRequest, SipResponse } from "./message.js";
import { type SipTimers, TimerSet } from "./timers.js";
import { viaAddress } from "./transport.js";

/** A request without a final response is dropped after this many ms, so that none leaks. */
const unansweredMs = 300_000;

/**
 * Server transactions of RFC 3261 section 17.2 with the Accepted state of RFC 6026:
 * `proceeding -> completed -> confirmed -> terminated`, `proceeding -> accepted -> terminated`.
 */
export class ServerTransaction {
  readonly request: SipRequest;
  /** The flow of the request. */
  readonly flow: Flow;
  /** Added to the To header of every response over 100 to a request outside a dialog. */
  readonly localTag: string;
  readonly #timers: TimerSet;
  readonly #values: SipTimers;
  readonly #reach: (address: SipAddress) => Promise<Result<Flow, TransportFailure>>;
  readonly #ended: () => void;
  #state: "proceeding" | "completed" | "confirmed" | "accepted" | "terminated" = "proceeding";
  #last: SipResponse | undefined;

  /** The INVITE was cancelled; 487 has been sent, unless a final response was sent before. */
  onCancel: (cancel: SipRequest) => void = () => undefined;
  /** A CANCEL after our 2xx. True: it gets 481, because the owner hangs up instead; otherwise 200. */
  onLateCancel: () => boolean = () => false;
  /** No ACK for the final response (timer H), or no final response for five minutes. */
  onTimeout: () => void = () => undefined;

  constructor(o: {
    request: SipRequest;
    flow: Flow;
    localTag: string;
    clock: Clock;
    timers: SipTimers;
    reach: (address: SipAddress) => Promise<Result<Flow, TransportFailure>>;
    ended: () => void;
  }) {
    this.request = o.request;
    this.flow = o.flow;
    this.localTag = o.localTag;
    this.#timers = new TimerSet(o.clock);
    this.#values = o.timers;
    this.#reach = o.reach;
    this.#ended = o.ended;
    this.#timers.start("unanswered", unansweredMs, () => {
      this.terminate();
      this.onTimeout();
    });
  }

  get lingering(): boolean {
    return this.#state !== "proceeding";
  }

  /** A 2xx to the INVITE was sent: its ACK belongs to the dialog. */
  get accepted(): boolean {
    return this.#state === "accepted";
  }

  /** A final response was sent. */
  get answered(): boolean {
    return this.#state !== "proceeding";
  }

  /** Sends a response; false if a final one was already sent. */
  respond(response: SipResponse): boolean {
    if (this.answered) return false;
    this.#last = response;
    this.#send();
    if (response.status < 200) return true;
    this.#timers.stopAll();
    const { t1, t2 } = this.#values;
    if (this.request.method !== "INVITE") {
      this.#linger("completed", this.flow.reliable ? 0 : 64 * t1);
    } else if (response.status < 300) {
      this.#linger("accepted", 64 * t1);
    } else {
      this.#state = "completed";
      if (!this.flow.reliable) {
        this.#timers.repeat("retransmit", t1, t2, () => {
          this.#send();
        });
      }
      this.#timers.start("unacknowledged", 64 * t1, () => {
        this.terminate();
        this.onTimeout();
      });
    }
    return true;
  }

  /** Sends a response with the mandatory headers and the given ones. */
  reply(
    status: number,
    options: { reason?: string; headers?: readonly (readonly [string, string])[]; body?: string } = {},
  ): boolean {
    return this.respond(SipResponse.to(this.request, status, { ...options, toTag: this.localTag }));
  }

  /** A retransmitted request: repeats the last response. Only the dialog repeats a 2xx to an INVITE. */
  receiveAgain(): void {
    if (this.#state === "proceeding" || this.#state === "completed") this.#send();
  }

  /** The ACK of a non-2xx response. */
  receiveAck(): void {
    if (this.#state !== "completed") return;
    this.#timers.stopAll();
    this.#linger("confirmed", this.flow.reliable ? 0 : this.#values.t4);
  }

  receiveCancel(cancel: SipRequest): void {
    if (this.request.method !== "INVITE" || this.answered) return;
    this.reply(487);
    this.onCancel(cancel);
  }

  /** Retransmits the last response: a 2xx to an INVITE, until its ACK. */
  repeat(): void {
    this.#send();
  }

  terminate(): void {
    if (this.#state === "terminated") return;
    this.#state = "terminated";
    this.#timers.stopAll();
    this.#ended();
  }

  #linger(state: "completed" | "confirmed" | "accepted", ms: number): void {
    this.#state = state;
    this.#timers.start("linger", ms, () => {
      this.terminate();
    });
  }

  #send(): void {
    if (this.#last !== undefined) sendResponse(this.#last, this.flow, this.#reach);
  }
}

/**
 * Sends a response over the flow of its request or, if that is closed (or for UDP without `rport`, RFC 3261
 * section 18.2.2), to the address in its Via.
 */
export function sendResponse(
  response: SipResponse,
  flow: Flow,
  reach: (address: SipAddress) => Promise<Result<Flow, TransportFailure>>,
): void {
  const via = response.via;
  const symmetric = flow.reliable || via?.params.has("rport") === true;
  if (symmetric && flow.send(response.toString())) return;
  const address = viaAddress(response);
  if (address?.transport !== flow.transport) return;
  inBackground(
    reach(address).then((result) => {
      // An undeliverable response is dropped; the peer has its own timers.
      if (result.ok) result.value.send(response.toString());
    }),
  );
}
