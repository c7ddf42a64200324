import { randomBytes } from "node:crypto";
import type { Language } from "../caller/language.js";
import { labelFor } from "../caller/label.js";
import { pseudonymFor } from "../caller/pseudonym.js";
import type { Pin } from "../caller/secret.js";
import type { Clock } from "../clock.js";
import { Latch } from "../latch.js";
import { type Result, failure, success } from "../result.js";
import type { PinOutcome } from "./call-watcher.js";
import type { EndCause } from "./cause.js";
import { connect } from "./connect.js";
import { Holdings } from "./holdings.js";
import type { Admitted, CallerEndpoint, Directory, IncomingCall, MediaServers, Trunks } from "./interfaces.js";
import { joinConference } from "./join.js";
import { askForConference } from "./pin-dialogue.js";
import type { CallSettings } from "./settings.js";
import { type CallFacts, type CallReport, type Stage, Story } from "./story.js";
import { Waiting } from "./wait.js";

/** What every call shares. */
export interface CallServices {
  readonly clock: Clock;
  readonly trunks: Trunks;
  readonly media: MediaServers;
  readonly directory: Directory;
  /** Takes one of the places that the operator allows; the returned function gives it back. */
  readonly takePlace: () => Result<() => void, "too-many-calls" | "draining">;
  /** Set when einwahl stops and the calls have to end. */
  readonly shutdown: Latch<EndCause>;
  /** The caller is in the conference with this number; the returned function says that it is over. */
  readonly entered: (voiceBridge: Pin) => () => void;
  readonly onStage: (stage: Stage, facts: CallFacts) => void;
  /** A PIN was typed and looked up. */
  readonly onPin: (outcome: PinOutcome) => void;
  readonly onBug: (error: unknown) => void;
}

/** An answered call on its way through the dialogue into a conference. */
export interface Conversation {
  readonly endpoint: CallerEndpoint;
  readonly admitted: Admitted;
  readonly waiting: Waiting;
  readonly story: Story;
  readonly services: CallServices;
  readonly settings: CallSettings;
  /** Changes when the caller asks for the other language. */
  language: Language;
}

/**
 * One call, from the INVITE to its end:
 *
 *   ringing -> greeting -> asking -> looking-up -> joining -> talking -> ending
 *                            ^           |
 *                            +-----------+  unknown PIN, while tries are left
 *
 * Returns when the call is over and nothing of it is left: no channel, dialog, timer or listener.
 */
export async function runCall(call: IncomingCall, services: CallServices, settings: CallSettings): Promise<CallReport> {
  const ended = new Latch<EndCause>();
  const story = new Story(services.clock, services.onStage);
  const held = new Holdings(services);
  const offs = [
    call.gone.onSet((cause) => {
      ended.set(cause);
    }),
    services.shutdown.onSet((cause) => {
      ended.set(cause);
    }),
  ];
  let cause: EndCause;
  try {
    cause = await live(call, services, settings, story, ended, held);
  } catch (error) {
    services.onBug(error);
    cause = "bug";
  }
  story.enter("ending");
  for (const off of offs) off();
  await held.release(call, cause);
  return story.report(cause);
}

async function live(
  call: IncomingCall,
  services: CallServices,
  settings: CallSettings,
  story: Story,
  ended: Latch<EndCause>,
  held: Holdings,
): Promise<EndCause> {
  const waiting = new Waiting(services.clock, ended);

  const admitted = admit(call, services);
  if (!admitted.ok) return admitted.failure;
  const place = services.takePlace();
  if (!place.ok) return place.failure;
  held.place = place.value;
  story.note({ trunk: admitted.value.trunk });

  call.ring();
  const connected = await connect(call, admitted.value, { waiting, held, services, settings });
  if (connected.kind === "ended") return connected.cause;
  const { endpoint } = connected;
  held.watch(endpoint.gone.onSet((cause) => {
    ended.set(cause);
  }));
  story.note({ mediaServer: endpoint.mediaServer, codec: endpoint.codec });
  story.noteSuite("trunk", endpoint.suite);

  const conversation: Conversation = {
    endpoint,
    admitted: admitted.value,
    waiting,
    story,
    services,
    settings,
    language: admitted.value.languages[0],
  };
  const asked = await askForConference(conversation);
  if (asked.kind === "ended") return asked.cause;
  return await joinConference(conversation, asked.pin, asked.conference, (conference) => ({
    label: labelFor(admitted.value.caller, settings.label, conversation.language),
    pseudonym: pseudonymFor(admitted.value.caller, conference.meetingId, settings.pseudonymKey, randomBytes),
  }));
}

/** Whether the call comes in at all; nothing has been spent on it yet. */
function admit(call: IncomingCall, services: CallServices): Result<Admitted, EndCause> {
  const admitted = services.trunks.admit(call.invite);
  if (!admitted.ok) return admitted;
  if (call.offer === "unusable") return failure("unusable-offer");
  if (call.offer === "plain" && admitted.value.srtp === "mandatory") return failure("plain-rtp");
  return success(admitted.value);
}
