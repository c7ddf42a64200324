import { createHash } from "node:crypto";

import type { Clock } from "../util/clock.js";
import { tagIn } from "./request-head.js";

/** 64 * T1: lifetime of an accepted INVITE transaction (RFC 6026 section 7.1), in milliseconds. */
const lifetimeMs = 32_000;
const maxKept = 20_000;

/**
 * Identifies an INVITE that arrives over a second path (RFC 3261 section 8.2.2.2), from its header values. Hashed, because
 * a Call-ID may contain the caller's host.
 */
export function mergeKey(callId: string, from: string, cseq: string): string {
  return createHash("sha256")
    .update(JSON.stringify([callId, tagIn(from), Number.parseInt(cseq, 10)]))
    .digest("base64");
}

/**
 * Detects merged INVITEs: same Call-ID, From tag and CSeq, other branch. drachtio absorbs retransmissions (same branch)
 * itself.
 */
export class MergedRequests {
  readonly #clock: Clock;
  /** Arrival times by `mergeKey`, oldest first. */
  readonly #ongoing = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether this INVITE is a duplicate. If not, it is recorded. */
  isMerged(key: string): boolean {
    const now = this.#clock.now();
    for (const [oldest, at] of this.#ongoing) {
      if (now - at < lifetimeMs && this.#ongoing.size < maxKept) break;
      this.#ongoing.delete(oldest);
    }
    if (this.#ongoing.has(key)) return true;
    this.#ongoing.set(key, now);
    return false;
  }

  /** Forgets a rejected INVITE: a proxy may retry over another path. */
  end(key: string): void {
    this.#ongoing.delete(key);
  }
}
