import { askForPin } from "./ask-pin.js";
import type { EndCause } from "./cause.js";
import type { CallContext, Next } from "./context.js";
import { join } from "./join.js";
import { sayLast } from "./speech.js";
import { waitForStart } from "./wait-for-start.js";

/** Safety bound; a real call takes a few steps. */
const maxSteps = 500;

/** Runs the steps of an answered call, from the greeting to the goodbye. */
export async function runSteps(context: CallContext): Promise<EndCause> {
  let next: Next = { kind: "ask", why: "greeting" };
  for (let steps = 0; steps < maxSteps; steps++) {
    switch (next.kind) {
      case "ask":
        next = await askForPin(context, next.why);
        break;
      case "wait":
        next = await waitForStart(context, next.pin, next.until);
        break;
      case "join":
        next = await join(context, next.destination);
        break;
      case "ended":
        return next.cause;
    }
  }
  return (await sayLast(context, ["no-input-goodbye"], "dialogue-too-long")).cause;
}
