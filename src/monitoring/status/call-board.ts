import { type EndCause, endCauses } from "../../call/cause.js";
import { type CallFacts, type CallReport, type CallWatcher, type Stage, stages } from "../../call/progress.js";
import type { CallFailure, StatusReport } from "./status-report.js";

export const slotMinutes = 15;
const slotMs = slotMinutes * 60_000;
const slotsKept = 96;
/** Failures kept per cause: guessing callers must not displace other failures. */
const failuresPerCause = 8;
/** Retention of data about a call in milliseconds, as in the log. */
const failureAgeMs = 7 * 24 * 60 * 60_000;

interface LiveCall {
  readonly stage: Stage;
  readonly facts: CallFacts;
}

interface Slot {
  /** Number of the slot since 1970. */
  readonly index: number;
  readonly ends: Map<EndCause, number>;
}

/** Tracks calls in progress and the last day, in memory and without caller data. */
export class CallBoard implements CallWatcher {
  readonly #today: () => number;
  readonly #live = new Map<string, LiveCall>();
  readonly #failures = new Map<EndCause, CallFailure[]>();
  #slots: Slot[] = [];

  /** @param epochMs milliseconds since 1970 */
  constructor(epochMs: () => number) {
    this.#today = epochMs;
  }

  onStage(callId: string, stage: Stage, facts: CallFacts): void {
    this.#live.set(callId, { stage, facts });
  }

  onEnd(callId: string, report: CallReport): void {
    this.#live.delete(callId);
    const { ends } = this.#slotNow();
    ends.set(report.cause, (ends.get(report.cause) ?? 0) + 1);
    this.#keepFailure(callId, report);
  }

  get calls(): number {
    return this.#live.size;
  }

  byStage(): Record<Stage, number> {
    const counts = Object.fromEntries(stages.map((stage) => [stage, 0])) as Record<Stage, number>;
    for (const { stage } of this.#live.values()) counts[stage] += 1;
    return counts;
  }

  callsOver(trunk: string): number {
    return this.#count(({ facts }) => facts.trunk === trunk);
  }

  /** Callers in conferences of this server. */
  callersOn(server: string): number {
    return this.#count(({ stage, facts }) => stage === "talking" && facts.server === server);
  }

  /** The last 24 hours, oldest first. */
  day(): StatusReport["day"] {
    const last = Math.floor(this.#today() / slotMs);
    const known = new Map(this.#slots.map((slot) => [slot.index, slot.ends]));
    const slots = Array.from({ length: slotsKept }, (_, place) => {
      const index = last - slotsKept + 1 + place;
      const ends = [...(known.get(index) ?? [])];
      return {
        at: new Date(index * slotMs).toISOString(),
        calls: sum(ends),
        failed: sum(ends, "failed"),
        refused: sum(ends, "refused"),
      };
    });
    return { slotMinutes, slots };
  }

  /** End causes of the last 24 hours, most frequent first. */
  causes(): StatusReport["causes"] {
    this.#forget();
    const counts = new Map<EndCause, number>();
    for (const { ends } of this.#slots)
      for (const [cause, count] of ends) counts.set(cause, (counts.get(cause) ?? 0) + count);
    return [...counts]
      .map(([cause, count]) => ({ cause, result: endCauses[cause].result, count }))
      .sort((a, b) => b.count - a.count || a.cause.localeCompare(b.cause));
  }

  /** Failures of the last seven days, newest first. */
  lastFailures(): readonly CallFailure[] {
    this.#forgetFailures();
    return [...this.#failures.values()].flat().sort((a, b) => b.at.localeCompare(a.at));
  }

  #keepFailure(callId: string, { cause, stages: passed, trunk, mediaServer, server }: CallReport): void {
    this.#forgetFailures();
    const { result } = endCauses[cause];
    if (result === "caller" || result === "finished") return;
    const stage = passed.findLast((each) => each.stage !== "ending")?.stage ?? "ringing";
    const kept = this.#failures.get(cause) ?? [];
    kept.push({
      at: new Date(this.#today()).toISOString(),
      callId,
      cause,
      result,
      stage,
      trunk: trunk ?? null,
      mediaServer: mediaServer ?? null,
      server: server ?? null,
    });
    this.#failures.set(cause, kept.slice(-failuresPerCause));
  }

  #forgetFailures(): void {
    const oldest = this.#today() - failureAgeMs;
    for (const [cause, failures] of this.#failures) {
      const kept = failures.filter(({ at }) => Date.parse(at) > oldest);
      if (kept.length === 0) this.#failures.delete(cause);
      else this.#failures.set(cause, kept);
    }
  }

  #count(isMeant: (call: LiveCall) => boolean): number {
    let count = 0;
    for (const call of this.#live.values()) if (isMeant(call)) count += 1;
    return count;
  }

  #slotNow(): Slot {
    const index = Math.floor(this.#today() / slotMs);
    const found = this.#slots.find((slot) => slot.index === index);
    if (found !== undefined) return found;
    const slot = { index, ends: new Map<EndCause, number>() };
    this.#slots.push(slot);
    this.#forget();
    return slot;
  }

  #forget(): void {
    const oldest = Math.floor(this.#today() / slotMs) - slotsKept + 1;
    this.#slots = this.#slots.filter(({ index }) => index >= oldest);
  }
}

function sum(ends: readonly (readonly [EndCause, number])[], result?: "failed" | "refused"): number {
  return ends.reduce(
    (total, [cause, count]) => total + (result === undefined || endCauses[cause].result === result ? count : 0),
    0,
  );
}
