import type { Lookup } from "./interfaces.js";
import type { CallFacts, CallReport, Stage } from "./progress.js";

/** What a PIN that was typed came to. */
export type PinOutcome = Lookup["kind"];

/** Whoever watches calls: none of it tells who calls or which PIN was typed. The id means nothing outside this process. */
export interface CallWatcher {
  /** @param facts what is known of the call by now */
  onStage(callId: string, stage: Stage, facts: CallFacts): void;
  onPin?(callId: string, outcome: PinOutcome): void;
  onEnd(callId: string, report: CallReport): void;
}

/** One watcher that tells several, in their order. */
export function watchTogether(watchers: readonly CallWatcher[]): Required<CallWatcher> {
  return {
    onStage: (callId, stage, facts) => {
      for (const watcher of watchers) watcher.onStage(callId, stage, facts);
    },
    onPin: (callId, outcome) => {
      for (const watcher of watchers) watcher.onPin?.(callId, outcome);
    },
    onEnd: (callId, report) => {
      for (const watcher of watchers) watcher.onEnd(callId, report);
    },
  };
}
