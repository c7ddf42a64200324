import type { CallContext, Ended, Next } from "./context.js";
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
  const back = await backToMainRoom(context, conference);
  if (back !== undefined) return back;
  context.conferencesOver += 1;
  if (context.conferencesOver > 1) return await sayLast(context, ["conference-ended", "goodbye"], "conference-ended");
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

/** From a breakout room that is over; `undefined` when there is no main room to go back to. */
async function backToMainRoom(context: CallContext, { mainRoom }: Conference): Promise<Next | undefined> {
  if (mainRoom === undefined) return undefined;
  const { services, settings, progress } = context;
  const looked = await playing(context, services.directory.lookUp(mainRoom), explainAfterMs, settings.lookUpTimeoutMs, [
    "please-wait",
  ]);
  if (looked.kind === "ended") return looked;
  if (looked.kind === "late" || looked.value.kind !== "open") return undefined;
  progress.lookedUp("open");
  const ended = await sayUntilKey(context, inLanguage(context, ["main-room"]));
  return (
    ended ?? {
      kind: "join",
      destination: { pin: mainRoom, conference: looked.value.conference, waitUntil: undefined },
    }
  );
}
