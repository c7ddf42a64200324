import type { Clock } from "../util/clock.js";
import type { Latch } from "../util/latch.js";
import type { EndCause } from "./cause.js";
import type { CallerEndpoint, CallerLine } from "./interfaces.js";
import { Rounds } from "./rounds.js";

export interface LineWatchParts {
  readonly clock: Clock;
  readonly call: Pick<CallerLine, "askPresence" | "isOnHold">;
  readonly endpoint: Pick<CallerEndpoint, "receivedPackets">;
  /** Set when the caller's peer is unreachable. */
  readonly gone: Latch<EndCause>;
  readonly onBug: (error: unknown) => void;
}

/** All times in milliseconds. Interval of the RTP check; no new packets trigger a query, as a muted telephone still sends RTP. */
const lookIntervalMs = 2_000;
/** Pause after an answered query, doubled each time: silence may be harmless (RFC 3389, RFC 3264 section 8.4). */
const firstPauseMs = 5_000;
const maxPauseMs = 30_000;
/** Consecutive unanswered queries, and their minimum time span, until the caller counts as gone. RTP resets both. */
const maxUnanswered = 3;
const unreachableTimeoutMs = 5_000;
/** Time without RTP until a call that has no signalling counts as over: nothing else can tell. */
const silenceTimeoutMs = 4_000;
/** The time span on hold, where RTP proves nothing: timer F (RFC 3261 section 17.1.2). */
const onHoldTimeoutMs = 32_000;

/**
 * Queries the peer within the dialog when its RTP stops. A lost TCP or TLS connection loses the carrier's BYE, too, and
 * drachtio does not report it; FreeSWITCH notices only after `calls.media_timeout`. A carrier that reconnects keeps the
 * call: it answers on the new connection, or its RTP continues. Without signalling (drachtio is away, or has lost the
 * dialog) the call ends with its RTP; on hold, where none is expected, with `calls.hold_timeout` at FreeSWITCH.
 */
export class LineWatch {
  readonly #parts: LineWatchParts;
  readonly #rounds: Rounds;
  #packets: number | undefined;
  #heardAt: number;
  /** When to query, if no RTP has arrived until then. */
  #askAt = 0;
  #pause = firstPauseMs;
  #unanswered = 0;
  #unansweredSince = 0;

  constructor(parts: LineWatchParts) {
    this.#parts = parts;
    this.#heardAt = parts.clock.now();
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
      this.#heardAt = now;
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
      case "lost":
      case "unknown":
        this.#unheard(clock.now());
        break;
      case "gone":
        break;
    }
  }

  #unheard(now: number): void {
    const { call, gone } = this.#parts;
    if (!this.#rounds.areOver && !call.isOnHold && now - this.#heardAt >= silenceTimeoutMs) gone.set("signalling-lost");
  }

  #missed(askedAt: number, now: number): void {
    if (this.#unanswered === 0) this.#unansweredSince = askedAt;
    this.#unanswered += 1;
    const limit = this.#parts.call.isOnHold ? onHoldTimeoutMs : unreachableTimeoutMs;
    if (!this.#rounds.areOver && this.#unanswered >= maxUnanswered && now - this.#unansweredSince >= limit)
      this.#parts.gone.set("signalling-lost");
  }
}
