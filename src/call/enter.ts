import { type KnownAudio, noteAudio } from "./audio-bridge.js";
import type { CallContext, Ended } from "./context.js";
import type { AudioBridge, Bridge, BridgeFailure, BridgeTarget, Conference } from "./interfaces.js";
import { pauseAudibly } from "./speech.js";

/** The media server gives up by itself before this is over, in milliseconds. */
const bridgeSlackMs = 2_000;
/** A node that has no session free counts them by the second: after so many milliseconds there are new ones. */
const busyPauseMs = 1_100;
const maxBusyTries = 3;
/** By way of the node a caller takes three of its sessions: the leg from here, the question to LiveKit, the leg to it. */
const turnsByNode = 2;
const explainAfterMs = 800;
/** BBB makes the rule that leads a number into LiveKit a moment after the meeting begins, when those who wait for it come. */
const ruleDelayMs = 2_000;
/** How long a claim of an identity may take, in milliseconds. */
const claimTimeoutMs = 3_000;

export type Entered =
  | { readonly kind: "entered"; readonly bridge: Bridge; readonly audio: AudioBridge }
  | { readonly kind: "failed"; readonly cause: BridgeFailure }
  | Ended;

/**
 * Brings the caller into the conference. Where nothing says what carries its audio, LiveKit is asked, and only its definite
 * "no room with this number", said twice, leads to the node's FreeSWITCH: that would open an empty conference for any number.
 */
export async function enterConference(
  context: CallContext,
  conference: Conference,
  known: KnownAudio,
): Promise<Entered> {
  const { directory } = context.services;
  const first = known ?? "livekit";
  let entered = await enterInTurn(context, conference, first);
  if (entered.kind === "failed" && entered.cause === "not-in-livekit") {
    const ended = await pauseAudibly(context, ruleDelayMs, explainAfterMs, ["please-wait"]);
    entered = ended ?? (await enterInTurn(context, conference, first));
  }
  if (first === "livekit" && entered.kind !== "ended") {
    if (entered.kind === "entered" || isElsewhere(entered.cause)) directory.noteLivekitWay(conference, true);
    else if (entered.cause === "no-livekit-way") directory.noteLivekitWay(conference, false);
  }
  if (known !== undefined) return entered;
  if (entered.kind === "failed" && isElsewhere(entered.cause)) {
    await noteAudio(context, conference, "freeswitch");
    entered = await enterInTurn(context, conference, "freeswitch");
  } else if (entered.kind === "entered") {
    await noteAudio(context, conference, "livekit");
  }
  return entered;
}

function isElsewhere(cause: BridgeFailure): boolean {
  return cause === "not-in-livekit" || cause === "no-livekit";
}

/** Callers on the way to one node go one after the other, and once more where it has no session free. */
async function enterInTurn(context: CallContext, conference: Conference, audio: AudioBridge): Promise<Entered> {
  const { services, progress } = context;
  let entered: Entered = { kind: "failed", cause: "node-busy" };
  for (let tries = 0; tries <= maxBusyTries && entered.kind === "failed" && entered.cause === "node-busy"; tries++) {
    const turnMs = services.joinPacer.take(conference.node.name, audio === "livekit" ? turnsByNode : 1);
    const pauseMs = turnMs + (tries === 0 ? 0 : busyPauseMs);
    const ended = pauseMs === 0 ? undefined : await pauseAudibly(context, pauseMs, explainAfterMs, ["please-wait"]);
    if (ended !== undefined) return ended;
    if (tries === 0) progress.enter("joining");
    progress.note({ server: conference.node.name });
    entered = await enter(context, conference, audio);
  }
  return entered;
}

async function enter(context: CallContext, conference: Conference, audio: AudioBridge): Promise<Entered> {
  const { endpoint, scope, settings, progress } = context;
  const appearance = await scope.within(context.appearIn(conference, audio), claimTimeoutMs);
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
