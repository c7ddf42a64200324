import type { CallContext, Ended, Next } from "./context.js";
import type { Conference } from "./interfaces.js";
import { inLanguage, playing, sayLast, sayUntilKey } from "./speech.js";
import { noteRemoval } from "./withheld.js";

/** BBB disconnects callers shortly before the meeting disappears from its API: poll once more after this, in milliseconds. */
const graceMs = 1_500;
const explainAfterMs = 800;

/**
 * The BBB server sent BYE. If the meeting has ended, return to the main room (breakout) or, once per call, to the PIN
 * prompt. If it is still running, the caller was removed and is not re-joined.
 */
export async function afterHangUp(
  context: CallContext,
  conference: Conference,
): Promise<Next | { readonly kind: "lost" }> {
  context.progress.enter("looking-up");
  const state = await stateOf(context, conference);
  switch (state.kind) {
    case "ended":
      return state;
    case "unknown":
      return { kind: "lost" };
    case "open":
      await noteRemoval(context, conference);
      return await sayLast(context, ["removed", "goodbye"], "removed");
    case "over":
      break;
  }
  // A channel that is lost from here on must not lead back to the conference that is over.
  context.state.at = { kind: "ask", why: "conference-ended" };
  const back = await backToMainRoom(context, conference);
  if (back !== undefined) return back;
  context.state.conferencesOver += 1;
  if (context.state.conferencesOver > 1)
    return await sayLast(context, ["conference-ended", "goodbye"], "conference-ended");
  return { kind: "ask", why: "conference-ended" };
}

async function stateOf(
  context: CallContext,
  conference: Conference,
): Promise<{ readonly kind: "open" | "over" | "unknown" } | Ended> {
  const { services, settings, scope } = context;
  for (const pauseMs of [0, graceMs]) {
    const ended = await scope.pause(pauseMs);
    if (ended !== undefined) return ended;
    const asked = await playing(
      context,
      services.directory.isStillOpen(conference),
      explainAfterMs,
      settings.lookUpTimeoutMs,
      ["please-wait"],
    );
    if (asked.kind === "ended") return asked;
    if (asked.kind === "late") return { kind: "unknown" };
    if (asked.value !== "open") return { kind: asked.value };
  }
  return { kind: "open" };
}

/** After the end of a breakout room; `undefined`: no main room to return to. */
async function backToMainRoom(context: CallContext, { mainRoom }: Conference): Promise<Next | undefined> {
  if (mainRoom === undefined) return undefined;
  const { services, settings, progress } = context;
  const looked = await playing(context, services.directory.lookUp(mainRoom), explainAfterMs, settings.lookUpTimeoutMs, [
    "please-wait",
  ]);
  if (looked.kind === "ended") return looked;
  if (looked.kind === "late" || looked.value.kind !== "open") return undefined;
  progress.lookedUp("open");
  const next: Next = {
    kind: "join",
    destination: { pin: mainRoom, conference: looked.value.conference, waitUntil: undefined, arrival: "first" },
  };
  context.state.at = next;
  return (await sayUntilKey(context, inLanguage(context, ["main-room"]))) ?? next;
}
