import type { EndCause } from "./cause.js";
import type { Conversation, Next } from "./context.js";
import { askForPin } from "./pin-dialogue.js";
import { sayLast } from "./speech.js";
import { visit } from "./visit.js";
import { waitForStart } from "./wait-for-start.js";

/** Far more conferences than anybody visits in one call. */
const mostSteps = 500;

/** From the greeting to the goodbye. */
export async function converse(conversation: Conversation): Promise<EndCause> {
  let next: Next = { kind: "ask", why: "greeting" };
  for (let steps = 0; steps < mostSteps; steps++) {
    switch (next.kind) {
      case "ask":
        next = await askForPin(conversation, next.why);
        break;
      case "wait":
        next = await waitForStart(conversation, next.pin, next.until);
        break;
      case "visit":
        next = await visit(conversation, next.destination);
        break;
      case "ended":
        return next.cause;
    }
  }
  return (await sayLast(conversation, ["no-input-goodbye"], "dialogue-too-long")).cause;
}
