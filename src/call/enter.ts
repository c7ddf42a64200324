import { type KnownAudio, noteAudio } from "./audio-bridge.js";
import type { CallContext, Destination, Ended } from "./context.js";
import type { AudioBridge, Bridge, BridgeFailure, BridgeTarget, Conference } from "./interfaces.js";
import { pauseAudibly } from "./speech.js";

/** Margin over the media server's own timeout, in milliseconds. */
const bridgeSlackMs = 2_000;
/** Pause before a retry on a busy node, in milliseconds: FreeSWITCH limits sessions per second. */
const busyPauseMs = 1_100;
const maxBusyTries = 3;
/** Turns of a join through the node to LiveKit. It takes three sessions: the leg from here, the query to LiveKit, the leg to it. */
const turnsByNode = 2;
/** BBB's FreeSWITCH accepts 30 sessions per second: callers who come back together, e.g. after a lost media server, use 25. */
const turnsBack = 0.4;
const explainAfterMs = 800;
/** Pause before the second try, in milliseconds: BBB creates LiveKit's dispatch rule shortly after the meeting starts, while waiting callers join. */
const ruleDelayMs = 2_000;
/** Timeout for the claim of an identity, in milliseconds. */
const claimTimeoutMs = 3_000;

export type Entered =
  | { readonly kind: "entered"; readonly bridge: Bridge; readonly audio: AudioBridge }
  | { readonly kind: "failed"; readonly cause: BridgeFailure }
  | Ended;

/**
 * Joins the conference. If its audio bridge is unknown, tries LiveKit first and falls back to the node's FreeSWITCH only
 * after two definite "no room with this number": FreeSWITCH would open an empty conference for any number.
 */
export async function enterConference(
  context: CallContext,
  destination: Destination,
  known: KnownAudio,
): Promise<Entered> {
  const { directory } = context.services;
  const { conference } = destination;
  const first = known ?? "livekit";
  let entered = await enterInTurn(context, destination, first);
  if (entered.kind === "failed" && entered.cause === "not-in-livekit") {
    const ended = await pauseAudibly(context, ruleDelayMs, explainAfterMs, ["please-wait"]);
    entered = ended ?? (await enterInTurn(context, destination, first));
  }
  if (first === "livekit" && entered.kind !== "ended") {
    if (entered.kind === "entered" || isElsewhere(entered.cause)) directory.noteLivekitWay(conference, true);
    else if (entered.cause === "no-livekit-way") directory.noteLivekitWay(conference, false);
  }
  if (known !== undefined) return entered;
  if (entered.kind === "failed" && isElsewhere(entered.cause)) {
    await noteAudio(context, conference, "freeswitch");
    entered = await enterInTurn(context, destination, "freeswitch");
  } else if (entered.kind === "entered") {
    await noteAudio(context, conference, "livekit");
  }
  return entered;
}

function isElsewhere(cause: BridgeFailure): boolean {
  return cause === "not-in-livekit" || cause === "no-livekit";
}

/** Joins in turn with the other callers of the node; retries while the node is busy. */
async function enterInTurn(
  context: CallContext,
  { conference, arrival }: Destination,
  audio: AudioBridge,
): Promise<Entered> {
  const { services, progress } = context;
  let entered: Entered = { kind: "failed", cause: "node-busy" };
  for (let tries = 0; tries <= maxBusyTries && entered.kind === "failed" && entered.cause === "node-busy"; tries++) {
    const turns = (audio === "livekit" ? turnsByNode : 1) * (arrival === "back" ? turnsBack : 1);
    const pauseMs = services.joinPacer.take(conference.node.name, turns) + (tries === 0 ? 0 : busyPauseMs);
    const ended = pauseMs === 0 ? undefined : await pauseAudibly(context, pauseMs, explainAfterMs, ["please-wait"]);
    if (ended !== undefined) return ended;
    if (tries === 0) progress.enter("joining");
    progress.note({ server: conference.node.name });
    entered = await enter(context, conference, audio);
  }
  return entered;
}

async function enter(context: CallContext, conference: Conference, audio: AudioBridge): Promise<Entered> {
  const { endpoint, scope, settings, progress, state } = context;
  const appearing = state.appearances.in(conference, audio, state.language);
  const appearance = await scope.within(appearing, claimTimeoutMs);
  if (appearance.kind === "ended") return appearance;
  if (appearance.kind === "late") return { kind: "failed", cause: "conference-unreachable" };
  const bridge = endpoint.bridge({
    ...way(conference, audio),
    voiceBridge: conference.voiceBridge,
    ...appearance.value,
    answerTimeoutMs: settings.joinTimeoutMs,
  });
  const answered = await scope.within(bridge.answered, settings.joinTimeoutMs + bridgeSlackMs);
  switch (answered.kind) {
    case "ended":
      bridge.leave();
      return answered;
    case "late":
      bridge.leave();
      return { kind: "failed", cause: "conference-unreachable" };
    case "done":
      if (!answered.value.ok) return { kind: "failed", cause: answered.value.failure };
      progress.joined();
      progress.noteSuite("bbb", answered.value.value.suite);
      return { kind: "entered", bridge, audio };
  }
}

function way({ node, audio: { livekitNode } }: Conference, audio: AudioBridge): Pick<BridgeTarget, "node" | "route"> {
  if (audio === "freeswitch") return { node, route: "freeswitch" };
  return livekitNode === undefined
    ? { node, route: "livekit-by-node" }
    : { node: livekitNode, route: "livekit-direct" };
}
