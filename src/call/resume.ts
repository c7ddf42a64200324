import { success } from "../util/result.js";
import { Appearances } from "./appearance.js";
import type { EndCause } from "./cause.js";
import type { CallServices, CallState, Next } from "./context.js";
import type { Admitted, Bridge, CallerEndpoint, CallerLine } from "./interfaces.js";
import { serve } from "./move.js";
import { CallProgress, type CallReport, type Story } from "./progress.js";
import type { CallRecord } from "./record.js";
import { CallResources } from "./resources.js";
import type { CallSettings } from "./settings.js";
import { Tries } from "./tries.js";

/** A call that another process has begun, with its dialog and channel in the hands of this one. */
export interface ResumedCall {
  readonly call: CallerLine;
  readonly endpoint: CallerEndpoint;
  readonly record: CallRecord;
  /** The leg to the conference, if the record has one; over if it has ended meanwhile. */
  readonly bridge: Bridge | undefined;
}

/** Continues a call from its record until its end, like `runCall`. */
export async function resumeCall(
  { call, endpoint, record, bridge }: ResumedCall,
  services: CallServices,
  settings: CallSettings,
): Promise<CallReport> {
  const admitted: Admitted = { channels: undefined, calledNumberFrom: undefined, ...record.admitted };
  const progress = new CallProgress(services.clock, services.onStage, storyOf(record, services.today()));
  const resources = new CallResources(services);
  resources.opening = Promise.resolve(success(endpoint));
  resources.accepting = Promise.resolve(success(undefined));
  let cause: EndCause;
  try {
    const { origin, trunk, calledNumberFrom } = admitted;
    progress.begin({ origin, trunk, calledNumberFrom });
    resources.slot = services.resumeSlot(admitted);
    call.attach(endpoint);
    const guesses = services.guesses(admitted);
    const appearances = new Appearances({
      caller: admitted.caller,
      label: settings.label,
      hasher: services.hasher,
      claims: services.identityClaims,
      known: record.claims,
    });
    resources.watch((end) => {
      if (end !== "handed-over") appearances.release().catch(services.onBug);
    });
    const first = nextOf(record, bridge, services);
    const { language, hints, conferencesOver, waitedMs } = record;
    const state: CallState = {
      progress,
      guesses,
      tries: new Tries(settings.pin.tries, () => guesses.restraint.kind !== "none", record.tries),
      appearances,
      at: first,
      language,
      hints,
      conferencesOver,
      waitedMs,
    };
    cause = await serve({ call, admitted, services, settings, state }, resources, endpoint, first);
  } catch (error) {
    services.onBug(error);
    cause = "internal-error";
  }
  progress.enter("ending");
  progress.noteAudio(await resources.release(call, cause));
  return progress.report(cause);
}

function storyOf({ story }: CallRecord, today: number): Story {
  return {
    ...story,
    startedMsAgo: Math.max(0, today - story.startedAt),
    stageMsAgo: Math.max(0, today - story.stageSince),
  };
}

/** The step in which the call was. */
function nextOf({ step }: CallRecord, bridge: Bridge | undefined, { clock, today }: CallServices): Next {
  /** Turns milliseconds since 1970 into a time of the monotonic clock. */
  const timed = (date: number | undefined): number | undefined =>
    date === undefined ? undefined : clock.now() + date - today();
  switch (step.kind) {
    case "ask":
      return step;
    case "wait":
      return { kind: "wait", pin: step.pin, until: timed(step.until), after: "gap" };
    case "join":
    case "talk": {
      const { pin, conference } = step;
      const { told, usual, livekitNode } = conference.audio;
      const destination = {
        pin,
        conference: {
          ...conference,
          audio: { told, usual, livekitNode },
          createdAt: conference.createdAt,
          mainRoom: conference.mainRoom,
        },
        waitUntil: timed(step.waitUntil),
        arrival: "back",
      } as const;
      return step.kind === "join" || bridge === undefined
        ? { kind: "come-back", destination }
        : { kind: "join", destination, leg: { bridge, audio: step.audio } };
    }
  }
}
