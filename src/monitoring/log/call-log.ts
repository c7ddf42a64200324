import type { Logger } from "pino";

import type { CallWatcher, PinOutcome } from "../../call/call-watcher.js";
import { endCauses } from "../../call/cause.js";
import type { CallReport, Stage } from "../../call/progress.js";
import type { Clock } from "../../util/clock.js";
import { RefusalSums } from "./refusal-sums.js";

/**
 * Writes one line at the end of each call with its whole story, as a warning when something has failed, and more where
 * an operator hunts a fault. All lines of a call have its id. Calls from sources of no trunk are only counted.
 */
export class CallLog implements CallWatcher {
  readonly #logger: Logger;
  readonly #calls = new Map<string, Logger>();
  readonly #strangers: RefusalSums;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#strangers = new RefusalSums(logger, clock);
  }

  onStage(callId: string, stage: Stage): void {
    if (this.#logger.isLevelEnabled("debug")) this.#of(callId).debug({ stage }, "stage");
  }

  onPin(callId: string, outcome: PinOutcome): void {
    this.#of(callId).debug({ outcome }, "PIN looked up");
  }

  onEnd(callId: string, { cause, ...story }: CallReport): void {
    const { result } = endCauses[cause];
    if (cause === "unknown-source") this.#strangers.add(cause);
    else this.#of(callId)[result === "failed" ? "warn" : "info"]({ cause, result, ...story }, "call ended");
    this.#calls.delete(callId);
  }

  /** Logs what is counted but not yet logged. */
  close(): void {
    this.#strangers.flush();
  }

  #of(call: string): Logger {
    const known = this.#calls.get(call);
    if (known !== undefined) return known;
    const logger = this.#logger.child({ call });
    this.#calls.set(call, logger);
    return logger;
  }
}
