import type { CallerEndpoint } from "../call/interfaces.js";

/** The state of the offer/answer exchange with the caller; only one offer may be pending (RFC 3264 section 4). */
export type ExchangeState =
  | { readonly kind: "idle" }
  /** The media server is answering the caller's offer. `again`: another one answers it; resolves to whether it could. */
  | { readonly kind: "answering"; readonly again: (endpoint: CallerEndpoint) => Promise<boolean> }
  /** Our offer was sent in the 200 to a re-INVITE without SDP; waiting for the answer in the ACK. */
  | {
      readonly kind: "offered";
      readonly sequence: string;
      readonly offer: string;
      /** The channel that offers. */
      readonly endpoint: CallerEndpoint;
      readonly cancelTimer: () => void;
    }
  /** Our re-INVITE is pending, or the media server is applying its answer. */
  | { readonly kind: "offering" }
  /** The media server is applying the answer in the ACK; the caller's requests are queued until then. */
  | { readonly kind: "applying"; readonly done: Promise<void> }
  | { readonly kind: "closed" };

/** Whose turn it is in the exchange. */
export class ExchangeTurn {
  #state: ExchangeState = { kind: "idle" };
  readonly #waiting: (() => void)[] = [];

  get state(): ExchangeState {
    return this.#state;
  }

  get isClosed(): boolean {
    return this.#state.kind === "closed";
  }

  /** Begins a state; `closed` is final. Returns the state, for `leave`. */
  enter(state: ExchangeState): ExchangeState {
    if (!this.isClosed) this.#state = state;
    if (state.kind === "closed") this.#wake();
    return state;
  }

  /** Ends this state, unless another one has begun. */
  leave(state: ExchangeState): void {
    if (this.#state !== state || this.isClosed) return;
    this.#state = { kind: "idle" };
    this.#wake();
  }

  /** Resolves when the pending exchange is over, or the call is. */
  async untilIdle(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** 64*T1: timeout for the ACK of a 2xx (RFC 3261 section 13.3.1.4), in milliseconds. */
export const ackTimeoutMs = 32_000;
/** Timeout for the final response to our re-INVITE, in milliseconds; drachtio's own timeout without any response is 32 s. */
export const reinviteTimeoutMs = 40_000;
/** Maximum number of retries after 491. */
export const maxRetries = 4;
/** Retry delay after a 491 for the side that does not own the Call-ID: up to 2 s in units of 10 ms (RFC 3261 section 14.1). */
const maxRetryDelay = 2_000;
const retryStep = 10;
/** Maximum Retry-After of a 500 to an overlapping request, in seconds (RFC 3261 section 14.2). */
const maxRetryAfter = 10;

/** The delay before the retry after a 491, in milliseconds. @param random from 0 to 1 */
export function retryDelayMs(random: () => number): number {
  return Math.floor((random() * maxRetryDelay) / retryStep) * retryStep;
}

/** The Retry-After header of a 500 to an overlapping request. @param random from 0 to 1 */
export function retryAfter(random: () => number): string {
  return String(Math.floor(random() * (maxRetryAfter + 1)));
}
