import type { Conversation, Destination, Ended, Next } from "./conversation.js";
import { afterHangUp } from "./end-of-conference.js";
import { sayHintsOnce } from "./hints.js";
import type { Bridge, BridgeFailure, Conference } from "./interfaces.js";
import type { PromptName } from "./prompts.js";
import { playing, sayLast } from "./speech.js";
import { stay } from "./stay.js";
import { refusedAsWithheld } from "./withheld.js";

/** One try, and another one where the conference is found then. */
const mostTries = 2;
/** A stay that has lasted so long gives the conference its tries back, in milliseconds. */
const settledAfterMs = 60_000;
/** The media server gives up by itself before this is over, in milliseconds. */
const bridgeSlack = 2_000;
const explainAfterMs = 800;

type Entered =
  | { readonly kind: "entered"; readonly bridge: Bridge }
  | { readonly kind: "failed"; readonly cause: BridgeFailure }
  | Ended;

/**
 * Brings the caller into the conference and stays there. When a node refuses or is gone, before the call or in the middle
 * of it, the conference is looked for once more and joined wherever it is then; otherwise the caller is told.
 */
export async function visit(conversation: Conversation, destination: Destination): Promise<Next> {
  const { story, services, settings } = conversation;
  const hinted = await sayHintsOnce(conversation);
  if (hinted !== undefined) return hinted;
  let { conference } = destination;
  let cause: BridgeFailure = "conference-unreachable";
  for (let tries = mostTries; tries > 0; tries--) {
    const refused = await refusedAsWithheld(conversation, conference);
    if (refused !== undefined) return refused;
    story.enter("joining");
    story.note({ server: conference.node.name });
    const entered = await enter(conversation, conference);
    if (entered.kind === "ended") return entered;
    if (entered.kind === "failed") {
      ({ cause } = entered);
    } else {
      const enteredAt = services.clock.now();
      const next = await stayAndAfter(conversation, entered.bridge, conference);
      if (next.kind !== "lost") return next;
      cause = "conference-unreachable";
      if (services.clock.now() - enteredAt >= settledAfterMs) tries = mostTries;
    }
    if (tries === 1) break;
    story.enter("looking-up");
    const again = await playing(conversation, services.directory.findAgain(destination.pin), explainAfterMs, settings.lookUpWithinMs, ["please-wait"]);
    if (again.kind === "ended") return again;
    const found = again.kind === "late" ? ({ kind: "unavailable" } as const) : again.value;
    story.lookedUp(found.kind);
    switch (found.kind) {
      case "open":
        ({ conference } = found);
        continue;
      case "not-started":
        if (settings.waiting.limitMs > 0) return { kind: "wait", pin: destination.pin, until: destination.waitUntil };
        break;
      case "no-telephone-audio":
        return await sayLast(conversation, ["no-telephone-audio", "goodbye"], "no-telephone-audio");
      case "unavailable":
        return await giveUp(conversation, destination, cause, "service-unavailable");
      case "unknown":
        break;
    }
    break;
  }
  return await giveUp(conversation, destination, cause, "conference-unavailable");
}

/** Who has waited for the conference goes on waiting; everybody else is told. */
async function giveUp(conversation: Conversation, { pin, waitUntil }: Destination, cause: BridgeFailure, told: PromptName): Promise<Next> {
  if (waitUntil !== undefined) return { kind: "wait", pin, until: waitUntil };
  return await sayLast(conversation, [told, "goodbye"], cause);
}

async function enter(conversation: Conversation, conference: Conference): Promise<Entered> {
  const { endpoint, waiting, settings, story } = conversation;
  const bridge = endpoint.bridge({
    node: conference.node,
    voiceBridge: conference.voiceBridge,
    ...conversation.appearIn(conference),
    answerWithinMs: settings.joinWithinMs,
  });
  const answered = await waiting.for(bridge.answered, settings.joinWithinMs + bridgeSlack);
  switch (answered.kind) {
    case "ended":
      bridge.leave();
      return answered;
    case "late":
      bridge.leave();
      return { kind: "failed", cause: "conference-unreachable" };
    case "done":
      if (!answered.value.ok) return { kind: "failed", cause: answered.value.failure };
      story.joined();
      story.noteSuite("bbb", answered.value.value.suite);
      return { kind: "entered", bridge };
  }
}

async function stayAndAfter(conversation: Conversation, bridge: Bridge, conference: Conference): Promise<Next | { readonly kind: "lost" }> {
  const stayed = await stay(conversation, bridge, conference);
  switch (stayed.kind) {
    case "over":
      return await afterHangUp(conversation, conference);
    case "left":
      return { kind: "ask", why: "another-conference" };
    case "lost":
    case "ended":
      return stayed;
  }
}
