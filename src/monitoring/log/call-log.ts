import type { Logger } from "pino";

import { endCauses } from "../../call/cause.js";
import type { CallReport, CallWatcher, PinOutcome, Stage } from "../../call/progress.js";
import type { Clock } from "../../util/clock.js";
import { RefusalSums } from "./refusal-sums.js";

/**
 * Logs one line at the end of each call with its stages and end cause, as a warning after a failure; more lines at level
 * debug. All lines of a call contain its id. Calls from unknown sources, and those refused
 * because of overload, are only counted.
 */
export class CallLog implements CallWatcher {
  readonly #logger: Logger;
  readonly #calls = new Map<string, Logger>();
  readonly #sums: RefusalSums;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#sums = new RefusalSums(logger, clock);
  }

  onStage(callId: string, stage: Stage): void {
    if (this.#logger.isLevelEnabled("debug")) this.#of(callId).debug({ stage }, "stage");
  }

  onPin(callId: string, outcome: PinOutcome): void {
    this.#of(callId).debug({ outcome }, "PIN looked up");
  }

  onEnd(callId: string, { cause, ...story }: CallReport): void {
    const { result } = endCauses[cause];
    if (cause === "unknown-source" || cause === "overloaded") this.#sums.add(cause);
    else this.#of(callId)[result === "failed" ? "warn" : "info"]({ cause, result, ...story }, "call ended");
    this.#calls.delete(callId);
  }

  /** Logs the pending counts. */
  close(): void {
    this.#sums.flush();
  }

  #of(call: string): Logger {
    const known = this.#calls.get(call);
    if (known !== undefined) return known;
    const logger = this.#logger.child({ call });
    this.#calls.set(call, logger);
    return logger;
  }
}
