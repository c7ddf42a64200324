import type { Clock } from "../../util/clock.js";
import type { Flow } from "./flow.js";
import { SipRequest, type SipResponse } from "./message.js";
import { type SipTimers, TimerSet } from "./timers.js";

export interface ClientEvents {
  /** Called for each provisional response, each 2xx to an INVITE (retransmissions included), and one other final response. */
  response(response: SipResponse, flow: Flow): void;
  /** No final response: timeout (timer B or F), or the connection broke. */
  fault(fault: "timeout" | "transport"): void;
}

/**
 * Client transactions of RFC 3261 section 17.1 with the Accepted state of RFC 6026:
 * `calling -> proceeding -> completed | accepted -> terminated` for INVITE, without accepted for others.
 */
export class ClientTransaction {
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly #timers: TimerSet;
  readonly #values: SipTimers;
  readonly #events: ClientEvents;
  readonly #ended: () => void;
  readonly #forgetClose: () => void;
  #state: "calling" | "proceeding" | "completed" | "accepted" | "terminated" = "calling";

  /** @param request with its topmost Via already set for `flow` */
  constructor(o: {
    request: SipRequest;
    flow: Flow;
    clock: Clock;
    timers: SipTimers;
    events: ClientEvents;
    ended: () => void;
  }) {
    this.request = o.request;
    this.flow = o.flow;
    this.#timers = new TimerSet(o.clock);
    this.#values = o.timers;
    this.#events = o.events;
    this.#ended = o.ended;
    this.#forgetClose = o.flow.onClose(() => {
      this.#fail("transport");
    });
  }

  /** Completed; kept only to absorb retransmissions. */
  get lingering(): boolean {
    return this.#state === "completed" || this.#state === "accepted" || this.#state === "terminated";
  }

  /** A provisional response was received, so an INVITE can be cancelled (RFC 3261 section 9.1). */
  get proceeding(): boolean {
    return this.#state === "proceeding";
  }

  start(): void {
    const { t1, t2 } = this.#values;
    if (!this.flow.send(this.request.toString())) {
      this.#fail("transport");
      return;
    }
    if (!this.flow.reliable) {
      this.#timers.repeat("retransmit", t1, this.request.method === "INVITE" ? Infinity : t2, () => {
        this.flow.send(this.request.toString());
      });
    }
    this.#timers.start("give up", 64 * t1, () => {
      this.#fail("timeout");
    });
  }

  receive(response: SipResponse, flow: Flow): void {
    if (this.request.method === "INVITE") this.#receiveForInvite(response, flow);
    else this.#receiveForOther(response, flow);
  }

  /** Stops at once; a pending response is reported as a fault. */
  abort(): void {
    this.#fail("transport");
    this.#terminate();
  }

  #terminate(): void {
    if (this.#state === "terminated") return;
    this.#state = "terminated";
    this.#timers.stopAll();
    this.#forgetClose();
    this.#ended();
  }

  #receiveForInvite(response: SipResponse, flow: Flow): void {
    const { status } = response;
    if (status < 200) {
      if (this.#state !== "calling" && this.#state !== "proceeding") return;
      this.#state = "proceeding";
      this.#timers.stopAll();
      this.#events.response(response, flow);
    } else if (status < 300) {
      if (this.#state === "calling" || this.#state === "proceeding") this.#linger("accepted", 64 * this.#values.t1);
      if (this.#state === "accepted") this.#events.response(response, flow);
    } else if (this.#state === "calling" || this.#state === "proceeding") {
      this.#acknowledge(response);
      this.#linger("completed", this.flow.reliable ? 0 : 64 * this.#values.t1);
      this.#events.response(response, flow);
    } else if (this.#state === "completed") {
      this.#acknowledge(response);
    }
  }

  #receiveForOther(response: SipResponse, flow: Flow): void {
    if (this.#state !== "calling" && this.#state !== "proceeding") return;
    if (response.status < 200) {
      this.#state = "proceeding";
      if (!this.flow.reliable) {
        this.#timers.repeat("retransmit", this.#values.t2, this.#values.t2, () => {
          this.flow.send(this.request.toString());
        });
      }
    } else {
      this.#linger("completed", this.flow.reliable ? 0 : this.#values.t4);
    }
    this.#events.response(response, flow);
  }

  #linger(state: "completed" | "accepted", ms: number): void {
    this.#state = state;
    this.#timers.stopAll();
    this.#forgetClose();
    this.#timers.start("linger", ms, () => {
      this.#terminate();
    });
  }

  #acknowledge(response: SipResponse): void {
    const ack = new SipRequest("ACK", this.request.uri);
    copySame(this.request, ack, ["Via", "Route", "Max-Forwards", "From"]);
    ack.headers.add("To", response.headers.get("To") ?? "");
    ack.headers.add("Call-ID", this.request.callId);
    ack.headers.add("CSeq", `${this.request.cseq.number} ACK`);
    this.flow.send(ack.toString());
  }

  #fail(fault: "timeout" | "transport"): void {
    if (this.lingering) return;
    this.#terminate();
    this.#events.fault(fault);
  }
}

/** The CANCEL for an INVITE: same Request-URI, Via, route and sequence number (RFC 3261 section 9.1). */
export function cancelFor(invite: SipRequest): SipRequest {
  const cancel = new SipRequest("CANCEL", invite.uri);
  copySame(invite, cancel, ["Via", "Route", "Max-Forwards", "From", "To", "Call-ID"]);
  cancel.headers.add("CSeq", `${invite.cseq.number} CANCEL`);
  return cancel;
}

function copySame(from: SipRequest, to: SipRequest, names: readonly string[]): void {
  for (const name of names) {
    const values = name === "Via" ? from.headers.list(name).slice(0, 1) : from.headers.all(name);
    for (const value of values) to.headers.add(name, value);
  }
}
