import { afterHangUp } from "./after-conference.js";
import { knownAudio } from "./audio-bridge.js";
import type { EndCause } from "./cause.js";
import type { CallContext, ConferenceLeg, Destination, Next } from "./context.js";
import { enterConference, type Entered } from "./enter.js";
import type { BridgeFailure, Conference } from "./interfaces.js";
import { NodeWatch } from "./node-watch.js";
import type { PromptName } from "./prompts.js";
import { pauseAudibly, playing, sayHintsOnce, sayLast } from "./speech.js";
import { talk } from "./talk.js";
import { refusedAsWithheld } from "./withheld.js";

/** A stay in a conference shorter than this counts as short, in milliseconds. */
const shortStayMs = 60_000;
/** Maximum of consecutive short stays that end with a lost node; after one more the call gives up. */
const maxShortStays = 1;
/** Pauses before retries if the first join fails, in milliseconds: one retry, where the conference is then. */
const firstJoinPauses: readonly number[] = [0];
/** Pauses before retries after a lost node. A FreeSWITCH that was stopped or crashed is back after about 10 s. */
const lostNodePauses: readonly number[] = [2_000, 3_000, 4_000, 5_000, 6_000];
/** Safety bound; far more tries than the longest call has. */
const maxTries = 10_000;
const explainAfterMs = 800;

/**
 * Joins the conference and talks. If the node refuses or is lost, before or during the conference, looks up the conference
 * again and joins where it is then; if that fails, tells the caller.
 *
 * @param joined the leg by which another process has joined already
 */
export async function join(context: CallContext, destination: Destination, joined?: ConferenceLeg): Promise<Next> {
  const { progress, services, settings } = context;
  let { conference } = destination;
  let cause: BridgeFailure = "conference-unreachable";
  let pauses = firstJoinPauses;
  let shortStays = 0;
  /** The prompts for the next pause; played once per loss. */
  let said: readonly PromptName[] = ["please-wait"];
  for (let tries = 0; tries < maxTries; tries++) {
    const at: Destination = { ...destination, conference };
    context.state.at = { kind: "join", destination: at };
    const entered = tries === 0 && joined !== undefined ? enteredBy(joined) : await enter(context, at);
    if (entered.kind === "ended") return entered;
    if (entered.kind === "failed" && entered.cause === "no-livekit-way")
      return await sayLast(context, ["no-telephone-audio", "goodbye"], "no-telephone-audio");
    if (entered.kind === "failed") {
      ({ cause } = entered);
    } else {
      const enteredAt = services.clock.now();
      const next = await talkAndAfter(context, entered, conference);
      if (next.kind !== "lost") return next;
      cause = "conference-unreachable";
      pauses = lostNodePauses;
      said = ["please-wait"];
      shortStays = services.clock.now() - enteredAt < shortStayMs ? shortStays + 1 : 0;
      if (shortStays > maxShortStays) break;
    }
    const [pauseMs, ...others] = pauses;
    if (pauseMs === undefined) break;
    pauses = others;
    progress.enter("looking-up");
    const again = await playing(
      context,
      services.directory.lookUpFresh(destination.pin),
      explainAfterMs,
      settings.lookUpTimeoutMs,
      ["please-wait"],
    );
    if (again.kind === "ended") return again;
    const found = again.kind === "late" ? ({ kind: "unavailable" } as const) : again.value;
    progress.lookedUp(found.kind);
    switch (found.kind) {
      case "open": {
        // Pause only before the node that has just failed.
        const nodePauseMs = found.conference.node.name === conference.node.name ? pauseMs : 0;
        ({ conference } = found);
        context.state.at = { kind: "join", destination: { ...destination, conference } };
        const ended = nodePauseMs === 0 ? undefined : await pauseAudibly(context, nodePauseMs, explainAfterMs, said);
        said = [];
        if (ended !== undefined) return ended;
        continue;
      }
      case "not-started":
        if (settings.waiting.limitMs > 0)
          return { kind: "wait", pin: destination.pin, until: destination.waitUntil, after: "failed-join" };
        break;
      case "unavailable":
        return await giveUp(context, destination, cause, "service-unavailable");
      case "unknown":
        break;
    }
    break;
  }
  return await giveUp(context, destination, cause, "conference-unavailable");
}

/** A caller who has waited for the conference continues to wait; any other caller is told, and the call ends. */
async function giveUp(
  context: CallContext,
  { pin, waitUntil }: Destination,
  cause: BridgeFailure,
  told: PromptName,
): Promise<Next> {
  if (waitUntil !== undefined) return { kind: "wait", pin, until: waitUntil, after: "failed-join" };
  const end = endCauses[cause];
  return await sayLast(context, [end === "no-telephone-audio" ? end : told, "goodbye"], end);
}

/** If no route leads to the meeting's LiveKit room, telephones can't join it. */
const endCauses = {
  "conference-refused": "conference-refused",
  "name-refused": "name-refused",
  "node-busy": "node-busy",
  "conference-unreachable": "conference-unreachable",
  "not-in-livekit": "no-telephone-audio",
  "no-livekit": "no-telephone-audio",
  "no-livekit-way": "no-telephone-audio",
} as const satisfies Record<BridgeFailure, EndCause>;

function enteredBy({ bridge, audio }: ConferenceLeg): Entered {
  return { kind: "entered", bridge, audio };
}

async function enter(context: CallContext, destination: Destination): Promise<Entered> {
  const { conference } = destination;
  const refused = await refusedAsWithheld(context, conference);
  if (refused !== undefined) return refused;
  const known = await knownAudio(context, conference);
  if (known.kind === "ended") return known;
  const hinted = await sayHintsOnce(context, known.audio);
  return hinted ?? (await enterConference(context, destination, known.audio));
}

async function talkAndAfter(
  context: CallContext,
  leg: ConferenceLeg,
  conference: Conference,
): Promise<Next | { readonly kind: "lost" }> {
  const { bridge } = leg;
  context.progress.enter("talking");
  context.keep(leg);
  const { clock, nodes, onBug } = context.services;
  const watch = new NodeWatch({ clock, bridge, node: conference.node, nodes, onBug });
  const talked = await talk(context, bridge, conference).finally(() => {
    watch.stop();
  });
  switch (talked.kind) {
    case "over":
      return await afterHangUp(context, conference);
    case "left":
      return { kind: "ask", why: "another-conference" };
    case "lost":
    case "ended":
      return talked;
  }
}
