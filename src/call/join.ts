import type { Pin } from "../caller/secret.js";
import type { Conversation } from "./call.js";
import type { EndCause } from "./cause.js";
import type { Bridge, BridgeFailure, Conference } from "./interfaces.js";
import { playing, sayLast } from "./speech.js";

/** As whom the caller enters a conference. */
export interface Appearance {
  readonly label: string;
  readonly pseudonym: string;
}

/** One try, and another one where the conference is found then. */
const mostTries = 2;
/** The media server gives up by itself before this is over, in milliseconds. */
const bridgeSlack = 2_000;
const explainAfterMs = 800;

type Joined =
  | { readonly kind: "joined"; readonly bridge: Bridge }
  | { readonly kind: "failed"; readonly cause: BridgeFailure }
  | { readonly kind: "ended"; readonly cause: EndCause };

/**
 * Brings the caller into the conference and stays until it is over. When a node refuses or is gone, before the call or
 * in the middle of it, the conference is looked for once more and joined wherever it is then; otherwise the caller is told.
 */
export async function joinConference(
  conversation: Conversation,
  pin: Pin,
  found: Conference,
  appear: (conference: Conference) => Appearance,
): Promise<EndCause> {
  const { story, services, settings } = conversation;
  let conference = found;
  let cause: BridgeFailure = "conference-unreachable";
  for (let tries = 0; tries < mostTries; tries++) {
    story.enter("joining");
    story.note({ server: conference.node.name });
    const joined = await enter(conversation, conference, appear(conference));
    if (joined.kind === "ended") return joined.cause;
    if (joined.kind === "joined") {
      const stayed = await stay(conversation, joined.bridge, conference);
      if (stayed.kind === "ended") return stayed.cause;
    }
    cause = joined.kind === "failed" ? joined.cause : "conference-unreachable";
    if (tries + 1 === mostTries) break;
    const again = await playing(conversation, services.directory.findAgain(pin), explainAfterMs, settings.lookUpWithinMs, ["please-wait"]);
    if (again.kind === "ended") return again.cause;
    if (again.kind === "late" || again.value.kind !== "open") break;
    conference = again.value.conference;
  }
  return (await sayLast(conversation, ["conference-unavailable", "goodbye"], cause)).cause;
}

async function enter(conversation: Conversation, conference: Conference, appearance: Appearance): Promise<Joined> {
  const { endpoint, waiting, settings, story } = conversation;
  const bridge = endpoint.bridge({
    node: conference.node,
    voiceBridge: conference.voiceBridge,
    label: appearance.label,
    pseudonym: appearance.pseudonym,
    answerWithinMs: settings.joinWithinMs,
  });
  const answered = await waiting.for(bridge.answered, settings.joinWithinMs + bridgeSlack);
  switch (answered.kind) {
    case "ended":
      return answered;
    case "late":
      bridge.leave();
      return { kind: "failed", cause: "conference-unreachable" };
    case "done":
      if (!answered.value.ok) return { kind: "failed", cause: answered.value.failure };
      story.noteSuite("bbb", answered.value.value.suite);
      return { kind: "joined", bridge };
  }
}

/** In the conference: until it is over, the caller hangs up, the line is dead or the longest time is over. */
async function stay(
  conversation: Conversation,
  bridge: Bridge,
  { voiceBridge }: Conference,
): Promise<{ readonly kind: "ended"; readonly cause: EndCause } | { readonly kind: "lost" }> {
  const { waiting, settings, story, services } = conversation;
  story.enter("talking");
  const leave = services.entered(voiceBridge);
  const over = await waiting.for(bridge.over, Math.max(0, settings.maxDurationMs - story.elapsed)).finally(leave);
  switch (over.kind) {
    case "ended":
      return over;
    case "late":
      bridge.leave();
      return await sayLast(conversation, ["max-duration", "goodbye"], "max-duration");
    case "done":
      if (over.value === "lost") return { kind: "lost" };
      return await sayLast(conversation, ["conference-ended", "goodbye"], "conference-ended");
  }
}
