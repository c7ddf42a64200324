import type { Lookup, Origin } from "./interfaces.js";
import type { CallFacts, CallReport, Stage } from "./progress.js";

/** What a PIN that was typed came to. */
export type PinOutcome = Lookup["kind"];

/** Whoever watches calls: none of it tells who calls or which PIN was typed. The id means nothing outside this process. */
export interface CallWatcher {
  /** @param facts what is known of the call by now */
  onStage(callId: string, stage: Stage, facts: CallFacts): void;
  onPin?(callId: string, outcome: PinOutcome, origin: Origin): void;
  onEnd(callId: string, report: CallReport): void;
}

/** One watcher that tells several, in their order. */
export function watchTogether(watchers: readonly CallWatcher[]): Required<CallWatcher> {
  return {
    onStage: (callId, stage, facts) => {
      for (const watcher of watchers) watcher.onStage(callId, stage, facts);
    },
    onPin: (callId, outcome, origin) => {
      for (const watcher of watchers) watcher.onPin?.(callId, outcome, origin);
    },
    onEnd: (callId, report) => {
      for (const watcher of watchers) watcher.onEnd(callId, report);
    },
  };
}

/** A watcher without synthetic calls. An INVITE that is refused before its admission counts as regular. */
export function regularOnly(watcher: Required<CallWatcher>): Required<CallWatcher> {
  return {
    onStage: (callId, stage, facts) => {
      if (facts.origin !== "synthetic") watcher.onStage(callId, stage, facts);
    },
    onPin: (callId, outcome, origin) => {
      if (origin !== "synthetic") watcher.onPin(callId, outcome, origin);
    },
    onEnd: (callId, report) => {
      if (report.origin !== "synthetic") watcher.onEnd(callId, report);
    },
  };
}
