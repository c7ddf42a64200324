import { randomBytes } from "node:crypto";
import type { Language } from "../caller/language.js";
import { labelFor } from "../caller/label.js";
import { pseudonymFor } from "../caller/pseudonym.js";
import type { Clock } from "../clock.js";
import { Latch } from "../latch.js";
import { type Result, failure, success } from "../result.js";
import { type EndCause, answerFor, reasonHeaderFor } from "./cause.js";
import type { Admitted, CallerEndpoint, Directory, IncomingCall, MediaFailure, MediaServers, Trunks } from "./interfaces.js";
import { joinConference } from "./join.js";
import { askForConference } from "./pin-dialogue.js";
import type { CallSettings } from "./settings.js";
import { type CallReport, type Stage, Story } from "./story.js";
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
  readonly onStage: (stage: Stage) => void;
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

/** How long each step of the end of a call may take before it is left to the engines' own timers, in milliseconds. */
const endingLimit = 5_000;

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
  held.opening = services.media.openEndpoint(call.mediaOffer, admitted.value.srtp);
  const opened = await waiting.for(held.opening, settings.mediaWithinMs);
  if (opened.kind === "ended") return opened.cause;
  if (opened.kind === "late") return "media-unavailable";
  if (!opened.value.ok) return opened.value.failure;
  const endpoint = opened.value.value;
  held.watch(endpoint.gone.onSet((cause) => {
    ended.set(cause);
  }));
  story.note({ mediaServer: endpoint.mediaServer, codec: endpoint.codec });
  story.noteSuite("trunk", endpoint.suite);
  if (admitted.value.srtp === "mandatory" && endpoint.suite === undefined) return "plain-rtp";

  held.accepting = call.accept(endpoint.sdp, endpoint);
  const accepted = await waiting.for(held.accepting, settings.acceptWithinMs);
  if (accepted.kind === "ended") return accepted.cause;
  if (accepted.kind === "late") return "answer-failed";
  if (!accepted.value.ok) return accepted.value.failure;

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
  if (call.offer === "none") return failure("no-offer");
  if (call.offer === "unusable") return failure("unusable-offer");
  if (call.offer === "plain" && admitted.value.srtp === "mandatory") return failure("plain-rtp");
  return success(admitted.value);
}

/** What a call has taken and has to give back, however it ends. */
class Holdings {
  place: (() => void) | undefined;
  opening: Promise<Result<CallerEndpoint, MediaFailure>> | undefined;
  accepting: Promise<Result<void, EndCause>> | undefined;
  readonly #offs: (() => void)[] = [];
  readonly #waiting: Waiting;
  readonly #onBug: (error: unknown) => void;

  constructor({ clock, onBug }: Pick<CallServices, "clock" | "onBug">) {
    // The end itself is not cut short by the end of the call: its latch is never set.
    this.#waiting = new Waiting(clock, new Latch<EndCause>());
    this.#onBug = onBug;
  }

  watch(off: () => void): void {
    this.#offs.push(off);
  }

  /** Gives all of it back; a bug in one of the engines' adapters does not keep the rest. Never rejects. */
  async release(call: IncomingCall, cause: EndCause): Promise<void> {
    for (const off of this.#offs) off();
    const endings = [this.#waiting.for(this.#releaseEndpoint(), endingLimit), this.#endSignalling(call, cause)];
    await Promise.all(endings.map((ending) => ending.catch(this.#onBug)));
    this.place?.();
  }

  async #endSignalling(call: IncomingCall, cause: EndCause): Promise<void> {
    const isUp = await this.#isUp(call, cause);
    // The caller may have gone since, whatever has ended the call.
    if (isUp) {
      if (call.gone.value !== "caller-hung-up") await this.#waiting.for(call.hangUp(reasonHeaderFor(cause)), endingLimit);
    } else if (call.gone.value !== "cancelled") {
      call.refuse(answerFor(cause));
    }
  }

  /** Whether there is a dialog. An answer that is on its way is waited for: what it makes would have no owner. */
  async #isUp(call: IncomingCall, cause: EndCause): Promise<boolean> {
    const accepting = this.accepting?.catch((error: unknown) => {
      this.#onBug(error);
      return failure("bug");
    });
    if (accepting === undefined) return false;
    const accepted = await this.#waiting.for(accepting, endingLimit);
    if (accepted.kind === "done") return accepted.value.ok;
    const ownerless = accepting.then(async (late) => {
      if (late.ok) await call.hangUp(reasonHeaderFor(cause));
    });
    ownerless.catch(this.#onBug);
    return false;
  }

  async #releaseEndpoint(): Promise<void> {
    const opened = await this.opening;
    if (opened?.ok === true) await opened.value.release();
  }
}
