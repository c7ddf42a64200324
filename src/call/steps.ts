import { askForPin } from "./ask-pin.js";
import { comeBack } from "./come-back.js";
import type { CallContext, Ended, Next } from "./context.js";
import { join } from "./join.js";
import { sayLast } from "./speech.js";
import { waitForStart } from "./wait-for-start.js";

/** Safety bound; a real call takes a few steps. */
const maxSteps = 500;

/** How the steps of a call have ended. */
export interface StepsEnd extends Ended {
  /** The step in which they ended, for a call that continues on another channel. */
  readonly at: Next;
}

/** Runs the steps of an answered call, from `first` to the goodbye. */
export async function runSteps(context: CallContext, first: Next): Promise<StepsEnd> {
  const { state } = context;
  let next = first;
  for (let steps = 0; steps < maxSteps; steps++) {
    if (next.kind !== "ended") {
      // A leg lives on its channel only: on another one the call joins again.
      state.at = next.kind === "join" ? { kind: "join", destination: next.destination } : next;
      context.keep(next.kind === "join" ? next.leg : undefined);
    }
    switch (next.kind) {
      case "ask":
        next = await askForPin(context, next.why);
        break;
      case "wait":
        next = await waitForStart(context, next);
        break;
      case "join":
        next = await join(context, next.destination, next.leg);
        break;
      case "come-back":
        next = await comeBack(context, next.destination);
        break;
      case "ended":
        return { ...next, at: state.at };
    }
  }
  return { ...(await sayLast(context, ["no-input-goodbye"], "dialogue-too-long")), at: state.at };
}
