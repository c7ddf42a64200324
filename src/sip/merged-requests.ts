import { createHash } from "node:crypto";

import type { Clock } from "../util/clock.js";
import { tagIn } from "./request-head.js";

/** 64 * T1: as long an INVITE's transaction may go on once it is accepted (RFC 6026 section 7.1), in milliseconds. */
const lifetimeMs = 32_000;
const maxKept = 20_000;

/**
 * By what an INVITE that comes over a second path is known (RFC 3261 section 8.2.2.2), from the values of its headers. It is
 * a hash: a Call-ID may name the caller's host.
 */
export function mergeKey(callId: string, from: string, cseq: string): string {
  return createHash("sha256")
    .update(JSON.stringify([callId, tagIn(from), Number.parseInt(cseq, 10)]))
    .digest("base64");
}

/**
 * Knows INVITEs that come a second time: same Call-ID, From tag and CSeq, other branch. drachtio keeps repetitions of the same
 * branch to itself.
 */
export class MergedRequests {
  readonly #clock: Clock;
  /** By `mergeKey`, when they came. The oldest is first. */
  readonly #ongoing = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether this INVITE has come before; if not, its transaction begins. */
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

  /** The INVITE has been refused: a proxy may try again over another path. */
  end(key: string): void {
    this.#ongoing.delete(key);
  }
}
