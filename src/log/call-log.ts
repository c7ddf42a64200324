import type { Logger } from "pino";
import type { CallWatcher, PinOutcome } from "../call/call-watcher.js";
import { endCauses } from "../call/cause.js";
import type { CallReport, Stage } from "../call/story.js";

/**
 * Writes one line at the end of each call with its whole story, as a warning when something has failed, and more where
 * an operator hunts a fault. All lines of a call have its id.
 */
export class CallLog implements CallWatcher {
  readonly #logger: Logger;
  readonly #calls = new Map<string, Logger>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  onStage(callId: string, stage: Stage): void {
    this.#of(callId).debug({ stage }, "stage");
  }

  onPin(callId: string, outcome: PinOutcome): void {
    this.#of(callId).debug({ outcome }, "PIN looked up");
  }

  onEnd(callId: string, { cause, ...story }: CallReport): void {
    const { result } = endCauses[cause];
    this.#of(callId)[result === "failed" ? "warn" : "info"]({ cause, result, ...story }, "call ended");
    this.#calls.delete(callId);
  }

  #of(call: string): Logger {
    const known = this.#calls.get(call);
    if (known !== undefined) return known;
    const logger = this.#logger.child({ call });
    this.#calls.set(call, logger);
    return logger;
  }
}
