import type { Conversation, Ended, Next } from "./context.js";
import type { Conference } from "./interfaces.js";
import { inLanguage, playing, sayLast, sayUntilKey } from "./speech.js";
import { noteRemoval } from "./withheld.js";

/** BBB throws callers out a moment before a meeting is gone from its API: so it is asked again after this, in milliseconds. */
const graceMs = 1_500;
const explainAfterMs = 800;

/**
 * The node has hung up on the caller. Is the conference over, a breakout room leads back to its main room and any other one
 * to the PIN prompt, once. Does it go on, then somebody has removed the caller, who is not joined again anywhere.
 */
export async function afterHangUp(
  conversation: Conversation,
  conference: Conference,
): Promise<Next | { readonly kind: "lost" }> {
  conversation.story.enter("looking-up");
  const state = await stateOf(conversation, conference);
  switch (state.kind) {
    case "ended":
      return state;
    case "unknown":
      return { kind: "lost" };
    case "open":
      await noteRemoval(conversation, conference);
      return await sayLast(conversation, ["removed", "goodbye"], "removed");
    case "over":
      break;
  }
  const back = await backToMainRoom(conversation, conference);
  if (back !== undefined) return back;
  conversation.conferencesOver += 1;
  if (conversation.conferencesOver > 1)
    return await sayLast(conversation, ["conference-ended", "goodbye"], "conference-ended");
  return { kind: "ask", why: "conference-ended" };
}

async function stateOf(
  conversation: Conversation,
  conference: Conference,
): Promise<{ readonly kind: "open" | "over" | "unknown" } | Ended> {
  const { services, settings, waiting } = conversation;
  for (const pauseMs of [0, graceMs]) {
    const ended = await waiting.pause(pauseMs);
    if (ended !== undefined) return ended;
    const asked = await playing(
      conversation,
      services.directory.isStillOpen(conference),
      explainAfterMs,
      settings.lookUpWithinMs,
      ["please-wait"],
    );
    if (asked.kind === "ended") return asked;
    if (asked.kind === "late") return { kind: "unknown" };
    if (asked.value !== "open") return { kind: asked.value };
  }
  return { kind: "open" };
}

/** From a breakout room that is over; `undefined` when there is no main room to go back to. */
async function backToMainRoom(conversation: Conversation, { mainRoom }: Conference): Promise<Next | undefined> {
  if (mainRoom === undefined) return undefined;
  const { services, settings, story } = conversation;
  const looked = await playing(
    conversation,
    services.directory.find(mainRoom),
    explainAfterMs,
    settings.lookUpWithinMs,
    ["please-wait"],
  );
  if (looked.kind === "ended") return looked;
  if (looked.kind === "late" || looked.value.kind !== "open") return undefined;
  story.lookedUp("open");
  const ended = await sayUntilKey(conversation, inLanguage(conversation, ["main-room"]));
  return (
    ended ?? {
      kind: "visit",
      destination: { pin: mainRoom, conference: looked.value.conference, waitUntil: undefined },
    }
  );
}
