import type { Logger } from "pino";
import type { CallWatcher, PinOutcome } from "../call/call-watcher.js";
import type { CallReport, Stage } from "../call/story.js";

/** Writes one line at the end of each call with its whole story, and more where an operator hunts a fault. */
export class CallLog implements CallWatcher {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  onStage(call: string, stage: Stage): void {
    this.#logger.debug({ call, stage }, "stage");
  }

  onPin(call: string, outcome: PinOutcome): void {
    this.#logger.debug({ call, outcome }, "PIN looked up");
  }

  onEnd(call: string, report: CallReport): void {
    this.#logger.info({ call, ...report }, "call ended");
  }
}
