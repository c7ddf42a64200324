import type { AnsweredCall, ConferenceLeg } from "./context.js";
import type { CallerEndpoint } from "./interfaces.js";
import { type RecordedStep, recordVersion, writeRecord } from "./record.js";

/**
 * Updates the record of a call with its channel. Synthetic calls have none: they end with the process that placed them.
 *
 * @param leg the leg to the conference that is up
 */
export function keepRecord(answered: AnsweredCall, endpoint: CallerEndpoint, leg: ConferenceLeg | undefined): void {
  const { call, admitted, services, state } = answered;
  const { origin, caller, channels, calledNumberFrom } = admitted;
  const line = call.record;
  const step = stepOf(answered, leg);
  if (origin === "synthetic" || line === undefined || step === undefined) return;
  const record = writeRecord({
    version: recordVersion,
    owner: services.owner,
    callId: services.callId,
    admitted: {
      origin,
      trunk: admitted.trunk,
      ...(channels !== undefined && { channels }),
      ...(calledNumberFrom !== undefined && { calledNumberFrom }),
      languages: [...admitted.languages],
      caller,
      srtp: admitted.srtp,
    },
    line: { ...line, offer: { ...line.offer, media: [...line.offer.media] } },
    channel: endpoint.record,
    language: state.language,
    hints: state.hints,
    conferencesOver: state.conferencesOver,
    waitedMs: state.waitedMs,
    tries: state.tries.counts,
    claims: [...state.appearances.known],
    story: storyOf(answered),
    step,
  });
  endpoint.keep(record, state.language);
}

function storyOf({ services, state }: AnsweredCall): Parameters<typeof writeRecord>[0]["story"] {
  const { startedMsAgo, stageMsAgo, stages, lookups, ...story } = state.progress.story;
  const now = services.today();
  return {
    ...story,
    stages: [...stages],
    lookups: [...lookups],
    startedAt: now - startedMsAgo,
    stageSince: now - stageMsAgo,
  };
}

/** `undefined`: the call is ending. */
function stepOf({ services, state }: AnsweredCall, leg: ConferenceLeg | undefined): RecordedStep | undefined {
  const { at } = state;
  /** Turns a time of the monotonic clock into milliseconds since 1970. */
  const dated = (time: number | undefined): number | undefined =>
    time === undefined ? undefined : services.today() + time - services.clock.now();
  switch (at.kind) {
    case "ended":
      return undefined;
    case "ask":
      return at;
    case "wait":
      return { kind: "wait", pin: at.pin, until: dated(at.until) };
    case "come-back":
    case "join": {
      const { pin, conference, waitUntil } = at.destination;
      const joined = { pin, conference, waitUntil: dated(waitUntil) };
      return leg === undefined
        ? { kind: "join", ...joined }
        : { kind: "talk", ...joined, audio: leg.audio, legId: leg.bridge.legId };
    }
  }
}
