import type { SipFinalResponse, SipRequestOutcome, SipRequests } from "../../src/trunk/sip-requests.js";
import type { Clock } from "../../src/util/clock.js";

export interface SentRequest {
  /** Milliseconds of the clock. */
  readonly at: number;
  readonly method: "REGISTER" | "OPTIONS";
  readonly uri: string;
  readonly nextHop: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The registrar's outcome of a request, after the default or its own time, or none. */
export type Registrar = (request: SentRequest, index: number) => SipRequestOutcome | Late | "never";

export interface Late {
  readonly kind: "late";
  readonly outcome: SipRequestOutcome;
  readonly afterMs: number;
}

export function answered(
  status: number,
  headers: Readonly<Record<string, string>> = {},
  reason = "Reason",
): SipRequestOutcome {
  const byName = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const response: SipFinalResponse = { status, reason, header: (name) => byName.get(name.toLowerCase()) };
  return { kind: "answered", response };
}

/** A Via as the registrar fills it in (RFC 3581). */
export function via(port: number, address = "198.51.100.7"): string {
  return `SIP/2.0/TLS 10.0.0.1:5061;branch=z9hG4bKx;rport=${port};received=${address}`;
}

/** A fake drachtio with a fake registrar. */
export class FakeRequests implements SipRequests {
  readonly sent: SentRequest[] = [];
  registrar: Registrar;
  readonly #clock: Clock;
  readonly #answerMs: number;

  constructor(clock: Clock, registrar: Registrar, answerMs = 30) {
    this.#clock = clock;
    this.registrar = registrar;
    this.#answerMs = answerMs;
  }

  get registers(): SentRequest[] {
    return this.sent.filter((request) => request.method === "REGISTER");
  }

  /** When each REGISTER was sent. */
  get times(): number[] {
    return this.registers.map((request) => request.at);
  }

  async send(
    method: SentRequest["method"],
    uri: string,
    options: Parameters<SipRequests["send"]>[2],
  ): Promise<SipRequestOutcome> {
    const request = { at: this.#clock.now(), method, uri, nextHop: options.nextHop, headers: options.headers };
    this.sent.push(request);
    const outcome = this.registrar(request, this.sent.length - 1);
    return await new Promise((resolve) => {
      if (outcome === "never") return;
      const late = outcome.kind === "late" ? outcome : { outcome, afterMs: this.#answerMs };
      this.#clock.after(late.afterMs, () => {
        resolve(late.outcome);
      });
    });
  }
}
