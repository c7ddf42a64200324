import type { Clock } from "../../util/clock.js";
import type { Result } from "../../util/result.js";
import { inBackground } from "./background.js";
import type { Flow, SipAddress, TransportFailure } from "./flow.js";
import { type SipRequest, SipResponse } from "./message.js";
import { type SipTimers, TimerSet } from "./timers.js";
import { viaAddress } from "./transport.js";

/** An INVITE or other request nobody answered is forgotten after this many ms, so that none stays for good. */
const UNANSWERED_MS = 300_000;

/**
 * Server transactions of RFC 3261 section 17.2 with the Accepted state of RFC 6026:
 * `proceeding -> completed -> confirmed -> terminated`, `proceeding -> accepted -> terminated`.
 */
export class ServerTransaction {
  readonly request: SipRequest;
  /** The way the request came by. */
  readonly flow: Flow;
  /** Added to the To header of every response over 100 to a request outside a dialog. */
  readonly localTag: string;
  readonly #timers: TimerSet;
  readonly #values: SipTimers;
  readonly #reach: (address: SipAddress) => Promise<Result<Flow, TransportFailure>>;
  readonly #ended: () => void;
  #state: "proceeding" | "completed" | "confirmed" | "accepted" | "terminated" = "proceeding";
  #last: SipResponse | undefined;

  /** The INVITE was cancelled; 487 has been sent, unless a final response had. */
  onCancel: (cancel: SipRequest) => void = () => undefined;
  /** A CANCEL came after our 2xx. True: it is refused with 481, because the owner hangs up instead; else it gets its 200. */
  onLateCancel: () => boolean = () => false;
  /** The final response was never acknowledged (timer H), or no final response was given for five minutes. */
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
    this.#timers.start("unanswered", UNANSWERED_MS, () => {
      this.terminate();
      this.onTimeout();
    });
  }

  get lingering(): boolean {
    return this.#state !== "proceeding";
  }

  /** A 2xx to the INVITE has been sent: its ACK belongs to the dialog. */
  get accepted(): boolean {
    return this.#state === "accepted";
  }

  /** A final response has been sent. */
  get answered(): boolean {
    return this.#state !== "proceeding";
  }

  /** Sends a response of ours; false once a final one was sent. */
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

  /** Sends a response with nothing but the mandatory headers and those given. */
  reply(
    status: number,
    options: { reason?: string; headers?: readonly (readonly [string, string])[]; body?: string } = {},
  ): boolean {
    return this.respond(SipResponse.to(this.request, status, { ...options, toTag: this.localTag }));
  }

  /** The same request again: the last response is repeated. A 2xx to an INVITE is repeated by its dialog alone. */
  receiveAgain(): void {
    if (this.#state === "proceeding" || this.#state === "completed") this.#send();
  }

  /** The ACK of a response that was not a 2xx. */
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

  /** Sends the last response once more: a 2xx to an INVITE, until its ACK comes. */
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
 * Sends a response by the way its request came, or when that is gone (or RFC 3261 section 18.2.2 says so for UDP
 * without `rport`) to the address in its Via.
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
      // A response that cannot be delivered is lost; the other side has its own timers.
      if (result.ok) result.value.send(response.toString());
    }),
  );
}
