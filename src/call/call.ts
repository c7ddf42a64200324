import { failure, type Result, success } from "../util/result.js";
import { Appearances } from "./appearance.js";
import { CallScope } from "./call-scope.js";
import type { EndCause } from "./cause.js";
import { connect } from "./connect.js";
import type { CallServices, CallState, Next } from "./context.js";
import { EndSignals } from "./end-signals.js";
import type { Admitted, IncomingCall } from "./interfaces.js";
import { serve } from "./move.js";
import { type CallFacts, CallProgress, type CallReport } from "./progress.js";
import { CallResources } from "./resources.js";
import type { CallSettings } from "./settings.js";
import { Tries } from "./tries.js";
import { restraintFrom } from "./wrong-pins.js";

/**
 * One call, from the INVITE to its end:
 *
 *                                      +-------------------------------+----------+   refused, lost or ended: look up again
 *                                      v                               |          |
 *   ringing -> greeting -> asking -> looking-up -> (informing) -> joining -> talking -> ending
 *                          ^   ^       |    |       once            ^          |
 *                          |   +-------+    +------> waiting -------+          |
 *                          |    unknown   not started   |                      |
 *                          +----------------------------+----------------------+   another conference
 *
 * If the media server is lost, an answered call is `moving` to another one and continues in the stage in which it was.
 * A call can end in each stage: hang-up, lost leg or engine, shutdown of einwahl, maximum duration.
 * Returns when all resources are released: no channel, dialog, timer or listener remains.
 */
export async function runCall(call: IncomingCall, services: CallServices, settings: CallSettings): Promise<CallReport> {
  const progress = new CallProgress(services.clock, services.onStage);
  const resources = new CallResources(services);
  let cause: EndCause;
  try {
    cause = await handle(call, services, settings, progress, resources);
  } catch (error) {
    services.onBug(error);
    cause = "internal-error";
  }
  progress.enter("ending");
  progress.noteAudio(await resources.release(call, cause));
  return progress.report(cause);
}

async function handle(
  call: IncomingCall,
  services: CallServices,
  settings: CallSettings,
  progress: CallProgress,
  resources: CallResources,
): Promise<EndCause> {
  const signals = new EndSignals(call, services);
  resources.watch(() => {
    signals.close();
  });
  const scope = new CallScope(services.clock, signals.ended);

  const admitted = admit(call, services, settings);
  progress.begin(admitted.ok ? factsOf(admitted.value) : {});
  if (!admitted.ok) return admitted.failure;
  const slot = services.acquireSlot(admitted.value);
  if (!slot.ok) return slot.failure;
  resources.slot = slot.value;
  const turn = services.takeTurn(admitted.value.origin);
  if (!turn.ok) return turn.failure;

  const guesses = services.guesses(admitted.value);
  const restraint = await restraintFrom({ scope, guesses }, guesses.check());
  if (restraint.kind === "ended") return restraint.cause;
  if (restraint.kind === "refused") return "too-many-wrong-pins";

  call.ring();
  const connected = await connect(call, admitted.value, {
    scope,
    resources,
    services,
    settings,
    turn: turn.value,
  });
  if (connected.kind === "ended") return connected.cause;
  signals.close();

  const appearances = new Appearances({
    caller: admitted.value.caller,
    label: settings.label,
    hasher: services.hasher,
    claims: services.identityClaims,
  });
  resources.watch((cause) => {
    if (cause !== "handed-over") appearances.release().catch(services.onBug);
  });
  const state: CallState = {
    progress,
    guesses,
    tries: new Tries(settings.pin.tries, () => guesses.restraint.kind !== "none"),
    appearances,
    at: greeting,
    language: admitted.value.languages[0],
    hints: settings.hints ? "due" : "said",
    conferencesOver: 0,
    waitedMs: 0,
  };
  const answered = { call, admitted: admitted.value, services, settings, state };
  return await serve(answered, resources, connected.endpoint, greeting);
}

const greeting: Next = { kind: "ask", why: "greeting" };

function factsOf({ origin, trunk, calledNumberFrom }: Admitted): CallFacts {
  return { origin, trunk, calledNumberFrom };
}

/** Admits or refuses the call before any resource is taken. On admission the caller's number is replaced by hashes and deleted. */
function admit(
  call: IncomingCall,
  { trunks, hasher }: CallServices,
  settings: CallSettings,
): Result<Admitted, EndCause> {
  const admission = trunks.admit(call.invite);
  if (!admission.ok) return admission;
  if (call.flaw !== undefined) return failure(call.flaw);
  if (call.offer === "unsupported-body") return failure("unsupported-body");
  if (call.offer === "unusable") return failure("unusable-offer");
  if (call.offer === "plain" && admission.value.srtp === "mandatory") return failure("plain-rtp");
  call.forgetCaller();
  return success({ ...admission.value, caller: hasher.hash(admission.value.caller, settings) });
}
