import { CallScope } from "./call-scope.js";
import type { EndCause } from "./cause.js";
import type { AnsweredCall, CallServices, Ended, Next } from "./context.js";
import { converse } from "./converse.js";
import { EndSignals } from "./end-signals.js";
import type { CallerEndpoint } from "./interfaces.js";
import type { Stage } from "./progress.js";
import type { CallResources } from "./resources.js";
import type { StepsEnd } from "./steps.js";

/** Time to find a media server, in milliseconds: one that was killed and is started again is back after about 5 s. */
const findTimeoutMs = 10_000;
/** Pause while no media server is available, in milliseconds. */
const findPauseMs = 200;
/** Timeout for the re-INVITE and the media server's use of the answer, in milliseconds: retries after 491 take up to 2 s each. */
const moveTimeoutMs = 8_000;
/** Media servers that may be lost one after the other while a call moves. */
const maxTries = 3;
/** Maximum of moves per call: far more losses than a long call has, and a bound if each channel dies at once. */
const maxMoves = 20;

/**
 * Serves an answered call to its end, from the step `first`. If its media server is lost, the call moves to another one, or
 * to the same one once it is back, and continues where it was. `resources` release the channels.
 */
export async function serve(
  answered: AnsweredCall,
  resources: CallResources,
  endpoint: CallerEndpoint,
  first: Next,
): Promise<EndCause> {
  let end = await converse(answered, endpoint, first);
  for (let moves = 0; moves < maxMoves && canGoOn(answered, end); moves++) {
    const { stage } = answered.state.progress;
    const moved = await move(answered, resources);
    if (moved.kind === "ended") return moved.cause;
    end = await converse(answered, moved.endpoint, whereItWas(end.at, stage));
  }
  return end.cause;
}

/** Whether only the channel has ended: the dialog with the caller is up, and the call was not about to end. */
function canGoOn({ call, services, settings, state }: AnsweredCall, { cause, at }: StepsEnd): boolean {
  return (
    cause === "media-server-lost" &&
    at.kind !== "ended" &&
    !call.gone.isSet &&
    !isShutDown(services) &&
    state.progress.elapsed < settings.maxDurationMs
  );
}

function isShutDown({ shutdown }: CallServices): boolean {
  return shutdown.isSet && shutdown.value !== "handed-over";
}

/** The step with which the call continues on another channel. */
function whereItWas(at: Next, stage: Stage): Next {
  switch (at.kind) {
    case "ask":
      return at.why === "greeting" && stage !== "greeting" ? { kind: "ask", why: "another-conference" } : at;
    case "join":
      return { kind: "come-back", destination: at.destination };
    case "wait":
    case "come-back":
    case "ended":
      return at;
  }
}

type Moved = { readonly kind: "moved"; readonly endpoint: CallerEndpoint } | Ended;

const lost: Ended = { kind: "ended", cause: "media-server-lost" };

async function move(answered: AnsweredCall, resources: CallResources): Promise<Moved> {
  const { call, services, state } = answered;
  state.progress.enter("moving");
  for (let tries = 0; tries < maxTries; tries++) {
    resources.drop();
    const found = await during(answered, undefined, async (scope) => await find(answered, resources, scope));
    if (found.kind === "ended") return found;
    const { endpoint } = found;
    const moved = await during(answered, endpoint, async (scope) => {
      return await scope.within(call.move(endpoint), moveTimeoutMs);
    });
    if (moved.kind === "done" && moved.value.ok) return found;
    if (call.gone.value !== undefined) return { kind: "ended", cause: call.gone.value };
    // This media server is lost, too.
    if (endpoint.gone.value === "media-server-lost" && !isShutDown(services)) continue;
    if (moved.kind === "ended") return moved;
    return moved.kind === "done" && !moved.value.ok ? { kind: "ended", cause: moved.value.failure } : lost;
  }
  return lost;
}

/** Runs `work` with a scope that ends with the call, and with the channel if there is one. */
async function during<Value>(
  { call, services }: AnsweredCall,
  endpoint: CallerEndpoint | undefined,
  work: (scope: CallScope) => Promise<Value>,
): Promise<Value> {
  const signals = new EndSignals(call, services, endpoint, "waits");
  try {
    return await work(new CallScope(services.clock, signals.ended));
  } finally {
    signals.close();
  }
}

/** Opens a channel on a media server that is up; waits for one. */
async function find(
  { call, admitted, services, settings }: AnsweredCall,
  resources: CallResources,
  scope: CallScope,
): Promise<Moved> {
  const { clock, media } = services;
  const deadline = clock.now() + findTimeoutMs;
  for (let left = findTimeoutMs; left > 0; left = deadline - clock.now()) {
    const opening = media.openEndpoint(call.mediaOffer, admitted.srtp);
    resources.opening = opening;
    const opened = await scope.within(opening, Math.min(settings.channelTimeoutMs, left));
    if (opened.kind === "ended") return opened;
    if (opened.kind === "late") resources.drop();
    else if (opened.value.ok) {
      const endpoint = opened.value.value;
      const isUnencrypted = admitted.srtp === "mandatory" && endpoint.suite === undefined;
      return isUnencrypted ? { kind: "ended", cause: "plain-rtp" } : { kind: "moved", endpoint };
    } else if (opened.value.failure === "unusable-offer") return lost;
    const ended = await scope.pause(findPauseMs);
    if (ended !== undefined) return ended;
  }
  return lost;
}
