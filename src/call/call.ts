import { Latch } from "../util/latch.js";
import { failure, type Result, success } from "../util/result.js";
import { Appearances } from "./appearance.js";
import { CallScope } from "./call-scope.js";
import type { EndCause } from "./cause.js";
import { connect } from "./connect.js";
import type { CallContext, CallServices } from "./context.js";
import { CallerTime } from "./hold.js";
import type { Admitted, IncomingCall } from "./interfaces.js";
import { LineWatch } from "./line-watch.js";
import { type CallFacts, CallProgress, type CallReport } from "./progress.js";
import { CallResources } from "./resources.js";
import type { CallSettings } from "./settings.js";
import { sayShutdown } from "./speech.js";
import { runSteps } from "./steps.js";
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
 * A call can end in each stage: hang-up, lost leg or engine, shutdown of einwahl, maximum duration.
 * Returns when all resources are released: no channel, dialog, timer or listener remains.
 */
export async function runCall(call: IncomingCall, services: CallServices, settings: CallSettings): Promise<CallReport> {
  const signals = new EndSignals();
  const progress = new CallProgress(services.clock, services.onStage);
  const resources = new CallResources(services);
  const disposables = [
    call.gone.onSet((cause) => {
      signals.gone.set(cause);
    }),
    services.shutdown.onSet((cause) => {
      signals.ended.set(cause);
    }),
  ];
  let cause: EndCause;
  try {
    cause = await handle(call, services, settings, progress, signals, resources);
  } catch (error) {
    services.onBug(error);
    cause = "internal-error";
  }
  progress.enter("ending");
  for (const dispose of disposables) dispose();
  progress.noteAudio(await resources.release(call, cause));
  return progress.report(cause);
}

/** The signals that end a call from outside. */
class EndSignals {
  /** The caller's leg is gone: nothing can be played any more. */
  readonly gone = new Latch<EndCause>();
  /** `gone`, or the call must end while a farewell can still be played. */
  readonly ended = new Latch<EndCause>();

  constructor() {
    this.gone.onSet((cause) => {
      this.ended.set(cause);
    });
  }
}

async function handle(
  call: IncomingCall,
  services: CallServices,
  settings: CallSettings,
  progress: CallProgress,
  signals: EndSignals,
  resources: CallResources,
): Promise<EndCause> {
  const scope = new CallScope(services.clock, signals.ended);

  const admitted = admit(call, services, settings);
  progress.begin(admitted.ok ? factsOf(admitted.value) : {});
  if (!admitted.ok) return admitted.failure;
  const slot = services.acquireSlot(admitted.value);
  if (!slot.ok) return slot.failure;
  resources.slot = slot.value;

  const guesses = services.guesses(admitted.value);
  const restraint = await restraintFrom({ scope, guesses }, guesses.check());
  if (restraint.kind === "ended") return restraint.cause;
  if (restraint.kind === "refused") return "too-many-wrong-pins";

  call.ring();
  const connected = await connect(call, admitted.value, { scope, resources, services, settings });
  if (connected.kind === "ended") return connected.cause;
  const { endpoint } = connected;
  resources.watch(
    endpoint.gone.onSet((cause) => {
      signals.gone.set(cause);
    }),
  );
  const watch = new LineWatch({ clock: services.clock, call, endpoint, gone: signals.gone, onBug: services.onBug });
  resources.watch(() => {
    watch.stop();
  });
  progress.note({ mediaServer: endpoint.mediaServer, codec: endpoint.codec });
  progress.noteSuite("trunk", endpoint.suite);

  const callerTime = new CallerTime(services.clock, endpoint.hold, settings.maxHoldMs);
  resources.watch(() => {
    callerTime.close();
  });

  const appearances = new Appearances({
    caller: admitted.value.caller,
    label: settings.label,
    hasher: services.hasher,
    claims: services.identityClaims,
  });
  resources.watch(() => {
    appearances.release().catch(services.onBug);
  });

  const context: CallContext = {
    endpoint,
    admitted: admitted.value,
    scope,
    callerScope: new CallScope(callerTime, signals.ended),
    callerTime,
    progress,
    services,
    settings,
    guesses,
    tries: new Tries(settings.pin.tries, () => guesses.restraint.kind !== "none"),
    appearIn: (conference, audio) => appearances.in(conference, audio, context.language),
    language: admitted.value.languages[0],
    hints: settings.hints ? "due" : "said",
    conferencesOver: 0,
    waitedMs: 0,
  };
  const cause = await runSteps(context);
  if (cause === "shutdown") await sayShutdown(context, new CallScope(services.clock, signals.gone));
  return cause;
}

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
