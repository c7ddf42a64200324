import type { Conversation, Destination, Ended, Next } from "./conversation.js";
import { afterHangUp } from "./end-of-conference.js";
import { sayHintsOnce } from "./hints.js";
import type { Bridge, BridgeFailure, Conference } from "./interfaces.js";
import type { PromptName } from "./prompts.js";
import { pauseAudibly, playing, sayLast } from "./speech.js";
import { stay } from "./stay.js";
import { refusedAsWithheld } from "./withheld.js";

/** A stay that has lasted so long counts as one that a node has not cut off at once, in milliseconds. */
const settledAfterMs = 60_000;
/** Of stays shorter than that one may be lost; after another one the node is given up. */
const mostShortStays = 1;
/** Further tries of a caller who has not been in, after these pauses in milliseconds: one, wherever the conference is found then. */
const comingPauses: readonly number[] = [0];
/** Those of a caller whom the node has lost. A FreeSWITCH that was stopped or has died is back after about 10 s. */
const returnPauses: readonly number[] = [2_000, 3_000, 4_000, 5_000, 6_000];
/** Far more tries than the longest call has. */
const mostTries = 10_000;
/** The media server gives up by itself before this is over, in milliseconds. */
const bridgeSlack = 2_000;
const explainAfterMs = 800;
/** A node that has no session free counts them by the second: after so many milliseconds there are new ones. */
const busyPauseMs = 1_100;
const mostBusyTries = 3;

type Entered =
  | { readonly kind: "entered"; readonly bridge: Bridge }
  | { readonly kind: "failed"; readonly cause: BridgeFailure }
  | Ended;

/**
 * Brings the caller into the conference and stays there. When a node refuses or is gone, before the call or in the middle
 * of it, the conference is looked for again and joined wherever it is then; otherwise the caller is told.
 */
export async function visit(conversation: Conversation, destination: Destination): Promise<Next> {
  const { story, services, settings } = conversation;
  const hinted = await sayHintsOnce(conversation);
  if (hinted !== undefined) return hinted;
  let { conference } = destination;
  let cause: BridgeFailure = "conference-unreachable";
  let pauses = comingPauses;
  let shortStays = 0;
  /** Before a pause; once for each loss. */
  let said: readonly PromptName[] = ["please-wait"];
  for (let tries = 0; tries < mostTries; tries++) {
    const refused = await refusedAsWithheld(conversation, conference);
    if (refused !== undefined) return refused;
    const entered = await enterInTurn(conversation, conference);
    if (entered.kind === "ended") return entered;
    if (entered.kind === "failed") {
      ({ cause } = entered);
    } else {
      const enteredAt = services.clock.now();
      const next = await stayAndAfter(conversation, entered.bridge, conference);
      if (next.kind !== "lost") return next;
      cause = "conference-unreachable";
      pauses = returnPauses;
      said = ["please-wait"];
      shortStays = services.clock.now() - enteredAt < settledAfterMs ? shortStays + 1 : 0;
      if (shortStays > mostShortStays) break;
    }
    const [pauseMs, ...others] = pauses;
    if (pauseMs === undefined) break;
    pauses = others;
    story.enter("looking-up");
    const again = await playing(conversation, services.directory.findAgain(destination.pin), explainAfterMs, settings.lookUpWithinMs, ["please-wait"]);
    if (again.kind === "ended") return again;
    const found = again.kind === "late" ? ({ kind: "unavailable" } as const) : again.value;
    story.lookedUp(found.kind);
    switch (found.kind) {
      case "open": {
        // Only a node that has just failed needs time.
        const needsMs = found.conference.node.name === conference.node.name ? pauseMs : 0;
        ({ conference } = found);
        const ended = needsMs === 0 ? undefined : await pauseAudibly(conversation, needsMs, explainAfterMs, said);
        said = [];
        if (ended !== undefined) return ended;
        continue;
      }
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

/** Callers on the way to one node go one after the other, and once more where it has no session free. */
async function enterInTurn(conversation: Conversation, conference: Conference): Promise<Entered> {
  const { services, story } = conversation;
  let entered: Entered = { kind: "failed", cause: "node-busy" };
  for (let tries = 0; tries <= mostBusyTries && entered.kind === "failed" && entered.cause === "node-busy"; tries++) {
    const turnMs = services.pace.take(conference.node.name);
    const pauseMs = turnMs + (tries === 0 ? 0 : busyPauseMs);
    const ended = pauseMs === 0 ? undefined : await pauseAudibly(conversation, pauseMs, explainAfterMs, ["please-wait"]);
    if (ended !== undefined) return ended;
    if (tries === 0) story.enter("joining");
    story.note({ server: conference.node.name });
    entered = await enter(conversation, conference);
  }
  return entered;
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
