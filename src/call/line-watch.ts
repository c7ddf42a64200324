import type { Clock } from "../util/clock.js";
import type { Latch } from "../util/latch.js";
import type { EndCause } from "./cause.js";
import type { CallerEndpoint, IncomingCall } from "./interfaces.js";
import { Rounds } from "./rounds.js";

export interface LineWatchParts {
  readonly clock: Clock;
  readonly call: Pick<IncomingCall, "askPresence" | "isOnHold">;
  readonly endpoint: Pick<CallerEndpoint, "receivedPackets">;
  /** Set when the caller can't be reached any more. */
  readonly gone: Latch<EndCause>;
  readonly onBug: (error: unknown) => void;
}

/** All times in milliseconds. From one look at the caller's RTP to the next; nothing new is a reason to ask, as a telephone on mute goes on sending. */
const lookIntervalMs = 2_000;
/** From one question that was answered to the next: doubled each time, as a silence may be harmless (RFC 3389, RFC 3264 section 8.4). */
const firstPauseMs = 5_000;
const maxPauseMs = 30_000;
/** Questions without an answer, one after the other, and since when, until the caller counts as gone. While RTP comes there are none. */
const maxUnanswered = 3;
const unreachableTimeoutMs = 5_000;
/** On hold RTP says nothing: there it takes as long as a request is repeated (timer F, RFC 3261 section 17.1.2). */
const onHoldTimeoutMs = 32_000;

/**
 * Asks within the dialog whether the caller is still there, when no RTP comes any more. The carrier's BYE is lost with the
 * connection that it should have come by, and of that drachtio says nothing; FreeSWITCH notices after `calls.media_timeout` only.
 * A carrier that merely connects again keeps the call: it answers, by a new connection, or RTP goes on.
 */
export class LineWatch {
  readonly #parts: LineWatchParts;
  readonly #rounds: Rounds;
  #packets: number | undefined;
  /** When to ask, if still no RTP has come. */
  #askAt = 0;
  #pause = firstPauseMs;
  #unanswered = 0;
  #unansweredSince = 0;

  constructor(parts: LineWatchParts) {
    this.#parts = parts;
    this.#rounds = new Rounds(parts.clock, lookIntervalMs, () => this.#look(), parts.onBug);
  }

  stop(): void {
    this.#rounds.stop();
  }

  async #look(): Promise<void> {
    const { clock, call, endpoint } = this.#parts;
    const packets = await endpoint.receivedPackets();
    const now = clock.now();
    if (packets === undefined || packets !== this.#packets) {
      this.#packets = packets;
      this.#askAt = now;
      this.#pause = firstPauseMs;
      this.#unanswered = 0;
      return;
    }
    if (this.#rounds.areOver || now < this.#askAt) return;
    switch (await call.askPresence()) {
      case "there":
        this.#unanswered = 0;
        this.#askAt = clock.now() + this.#pause;
        this.#pause = Math.min(2 * this.#pause, maxPauseMs);
        break;
      case "unreachable":
        this.#missed(now, clock.now());
        break;
      case "gone":
      case "unknown":
        break;
    }
  }

  #missed(askedAt: number, now: number): void {
    if (this.#unanswered === 0) this.#unansweredSince = askedAt;
    this.#unanswered += 1;
    const limit = this.#parts.call.isOnHold ? onHoldTimeoutMs : unreachableTimeoutMs;
    if (!this.#rounds.areOver && this.#unanswered >= maxUnanswered && now - this.#unansweredSince >= limit)
      this.#parts.gone.set("signalling-lost");
  }
}
