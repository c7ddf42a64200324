import { Latch } from "../util/latch.js";
import { failure, type Result, success } from "../util/result.js";
import { Appearances } from "./appearance.js";
import type { EndCause } from "./cause.js";
import { connect } from "./connect.js";
import type { CallServices, Conversation } from "./context.js";
import { CallerTime } from "./hold.js";
import { Holdings } from "./holdings.js";
import type { Admitted, IncomingCall } from "./interfaces.js";
import { LineWatch } from "./line-watch.js";
import type { CallSettings } from "./settings.js";
import { sayShutdown } from "./speech.js";
import { converse } from "./steps.js";
import { type CallReport, Story } from "./story.js";
import { Tries } from "./tries.js";
import { Waiting } from "./wait.js";
import { restraintFrom } from "./wrong-pins.js";

/**
 * One call, from the INVITE to its end:
 *
 *                                      +-------------------------------+----------+   refused, lost or over: where is it now?
 *                                      v                               |          |
 *   ringing -> greeting -> asking -> looking-up -> (informing) -> joining -> talking -> ending
 *                          ^   ^       |    |       once            ^          |
 *                          |   +-------+    +------> waiting -------+          |
 *                          |    unknown    not begun    |                      |
 *                          +----------------------------+----------------------+   another conference
 *
 * From each stage the call may end: the caller hangs up, the line or an engine is lost, einwahl is stopped, time is over.
 * Returns when the call is over and nothing of it is left: no channel, dialog, timer or listener.
 */
export async function runCall(call: IncomingCall, services: CallServices, settings: CallSettings): Promise<CallReport> {
  const line = new Line();
  const story = new Story(services.clock, services.onStage);
  const held = new Holdings(services);
  const offs = [
    call.gone.onSet((cause) => {
      line.gone.set(cause);
    }),
    services.shutdown.onSet((cause) => {
      line.ended.set(cause);
    }),
  ];
  let cause: EndCause;
  try {
    cause = await live(call, services, settings, story, line, held);
  } catch (error) {
    services.onBug(error);
    cause = "internal-error";
  }
  story.enter("ending");
  for (const off of offs) off();
  story.noteAudio(await held.release(call, cause));
  return story.report(cause);
}

/** What ends a call from outside. */
class Line {
  /** Nobody hears anything any more. */
  readonly gone = new Latch<EndCause>();
  /** Gone, or to be ended, which a caller who is still there can be told. */
  readonly ended = new Latch<EndCause>();

  constructor() {
    this.gone.onSet((cause) => {
      this.ended.set(cause);
    });
  }
}

async function live(
  call: IncomingCall,
  services: CallServices,
  settings: CallSettings,
  story: Story,
  line: Line,
  held: Holdings,
): Promise<EndCause> {
  const waiting = new Waiting(services.clock, line.ended);

  const admitted = admit(call, services, settings);
  if (!admitted.ok) return admitted.failure;
  story.note({ trunk: admitted.value.trunk, calledNumberFrom: admitted.value.calledNumberFrom });
  const place = services.takePlace(admitted.value);
  if (!place.ok) return place.failure;
  held.place = place.value;

  const guesses = services.guesses(admitted.value);
  const restraint = await restraintFrom({ waiting, guesses }, guesses.check());
  if (restraint.kind === "ended") return restraint.cause;
  if (restraint.kind === "refused") return "too-many-wrong-pins";

  call.ring();
  const connected = await connect(call, admitted.value, { waiting, held, services, settings });
  if (connected.kind === "ended") return connected.cause;
  const { endpoint } = connected;
  held.watch(
    endpoint.gone.onSet((cause) => {
      line.gone.set(cause);
    }),
  );
  const watch = new LineWatch({ clock: services.clock, call, endpoint, gone: line.gone, onBug: services.onBug });
  held.watch(() => {
    watch.stop();
  });
  story.note({ mediaServer: endpoint.mediaServer, codec: endpoint.codec });
  story.noteSuite("trunk", endpoint.suite);

  const callerTime = new CallerTime(services.clock, endpoint.hold, settings.holdTimeoutMs);
  held.watch(() => {
    callerTime.close();
  });

  const appearances = new Appearances({
    caller: admitted.value.caller,
    label: settings.label,
    hasher: services.hasher,
    claims: services.identityClaims,
  });
  held.watch(() => {
    appearances.release().catch(services.onBug);
  });

  const conversation: Conversation = {
    endpoint,
    admitted: admitted.value,
    waiting,
    waitingForCaller: new Waiting(callerTime, line.ended),
    callerTime,
    story,
    services,
    settings,
    guesses,
    tries: new Tries(settings.pin.tries, () => guesses.restraint.kind !== "none"),
    appearIn: (conference, audio) => appearances.in(conference, audio, conversation.language),
    language: admitted.value.languages[0],
    hints: settings.hints ? "due" : "said",
    conferencesOver: 0,
    waitedMs: 0,
  };
  const cause = await converse(conversation);
  if (cause === "shutdown") await sayShutdown(conversation, new Waiting(services.clock, line.gone));
  return cause;
}

/** Whether the call comes in at all; nothing has been spent on it yet. From here on the caller's number is not in memory any more. */
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
