import type { CallEnd, CallFailure } from "../softphone/phone-call.js";
import { explainFailure } from "./explain-failure.js";
import type { HeardPrompt, JoinedHow } from "./probe-event.js";
import type { ProbeStage } from "./probe-stage.js";

export type Verdict = { readonly ok: true } | ProbeFailure;

export interface ProbeFailure {
  readonly ok: false;
  readonly stage: ProbeStage;
  /** One sentence, without numbers or PINs. */
  readonly why: string;
  /** The peer's own text, or "": for the user, not for a log. */
  readonly said: string;
  /** The suggested fix, or "". */
  readonly cure: string;
}

/** Received and lost packets. */
export interface ProbeReception {
  readonly packetsIn: number;
  readonly packetsOut: number;
  readonly lost: number;
  /** Unauthenticated, replayed or malformed packets. */
  readonly rejected: number;
}

/** The expectations of a test call. */
export interface ProbeAim {
  readonly pin: boolean;
  /** Whether einwahl's recordings are expected. */
  readonly prompt: boolean;
  /** Hz. */
  readonly tone: number | undefined;
}

/** The observations of a finished call. */
export interface ProbeObservations {
  readonly refusal: CallFailure | undefined;
  readonly prompts: readonly HeardPrompt[];
  /** The recording after the PIN that rejected it. */
  readonly rejection: string | undefined;
  /** False if the digits could not be sent. */
  readonly typed: boolean;
  readonly joined: JoinedHow | undefined;
  readonly toneHeard: boolean;
  /** Unless the test call itself hung up. */
  readonly endedBy: Pick<CallEnd, "by" | "reason"> | undefined;
  readonly interrupted: boolean;
  readonly recordingFault: string | undefined;
  readonly reception: ProbeReception;
}

/** Maximum tolerable packet loss, 0 to 1. */
export const maxLoss = 0.05;

/** The meaning of einwahl's recordings after a rejected PIN. */
export const rejections: Readonly<
  Record<string, { readonly stage: ProbeStage; readonly why: string; readonly cure: string }>
> = {
  "pin-unknown": {
    stage: "pin",
    why: "einwahl knows no conference with this PIN",
    cure: "check that the meeting is running: a BBB server forgets the PIN when it ends",
  },
  "not-started": {
    stage: "pin",
    why: "the PIN is known, but its conference has not begun",
    cure: "open the room, then call again",
  },
  "not-started-call-again": {
    stage: "pin",
    why: "the PIN is known, but its conference has not begun",
    cure: "open the room, then call again",
  },
  "service-unavailable": {
    stage: "pin",
    why: "einwahl can't reach a BBB server, so it can't verify the PIN",
    cure: "run: einwahl check",
  },
  "no-telephone-audio": {
    stage: "join",
    why: "the conference uses LiveKit audio, but the server's FreeSWITCH does not bridge calls to LiveKit",
    cure: "install 02_einwahl_livekit.xml and einwahl_livekit.xml on that server (freeswitch/bbb-node/README.md); on a server without LiveKit set audio_bridge: freeswitch",
  },
  "max-duration": { stage: "join", why: "the call has reached the maximum duration", cure: "calls.max_duration" },
  "conference-unavailable": {
    stage: "join",
    why: "the BBB server of the conference refuses the call or can't be reached over SIP",
    cure: "run: einwahl check",
  },
  "too-many-tries": {
    stage: "pin",
    why: "einwahl received wrong PINs",
    cure: "check whether DTMF arrives: it is sent as RFC 4733 events",
  },
  "pin-silence": {
    stage: "pin",
    why: "einwahl received no DTMF",
    cure: "check whether an intermediary drops RFC 4733 events, which carry DTMF",
  },
  "no-input-goodbye": {
    stage: "pin",
    why: "einwahl received no DTMF",
    cure: "check whether an intermediary drops RFC 4733 events, which carry DTMF",
  },
  "conference-ended": { stage: "join", why: "the conference ended", cure: "" },
  removed: { stage: "join", why: "a moderator removed the caller", cure: "" },
  "shutting-down": { stage: "join", why: "einwahl is being stopped", cure: "" },
};

/** Judges whether the call met its expectations; otherwise reports the first failed step. */
export function judge(seen: ProbeObservations, aim: ProbeAim): Verdict {
  if (seen.interrupted) return failed("interrupted", "the call was aborted");
  if (seen.refusal !== undefined) return { ok: false, ...explainFailure(seen.refusal) };
  return judgeMedia(seen) ?? judgeDialogue(seen, aim) ?? judgeEnd(seen) ?? { ok: true };
}

function judgeMedia({ reception }: ProbeObservations): Verdict | undefined {
  const { packetsIn, rejected } = reception;
  if (packetsIn > 0) return undefined;
  return rejected > 0
    ? failed(
        "media",
        `none of ${rejected} audio packets is authentic`,
        "check for an intermediary that changes the SDP: the SRTP keys of the two sides differ",
      )
    : failed(
        "media",
        "no audio is received",
        "open the media server's RTP ports to this machine, and check that its SDP contains a reachable address",
      );
}

function judgeDialogue(seen: ProbeObservations, aim: ProbeAim): Verdict | undefined {
  const rejection = seen.rejection === undefined ? undefined : rejections[seen.rejection];
  if (rejection !== undefined) return failed(rejection.stage, rejection.why, rejection.cure);
  const fail = (stage: ProbeStage, why: string, cure = ""): Verdict => {
    const end = seen.endedBy;
    return end === undefined
      ? failed(stage, why, cure)
      : { ok: false, stage, why: `${why}; ${endText(end)}`, said: end.reason ?? "", cure };
  };
  const isPromptMissing = aim.prompt && !seen.prompts.some(({ name }) => !aim.pin || name === "enter-pin");
  if (isPromptMissing && !seen.typed) {
    const why = seen.prompts.length === 0 ? "no recording of einwahl was heard" : "the PIN prompt was not heard";
    return fail("prompt", why, "if you use other recordings, give their directory: --prompts DIR");
  }
  if (aim.pin && !seen.typed)
    return fail("pin", "the DTMF digits could not be sent", "the other side does not accept RFC 4733 events");
  if (aim.pin && seen.joined === undefined)
    return fail("join", "after the PIN there was no sign that the call joined the conference");
  if (aim.tone !== undefined && !seen.toneHeard) return fail("tone", `no tone of ${aim.tone} Hz was heard`);
  return undefined;
}

/** Faults of a call whose dialogue succeeded. */
function judgeEnd(seen: ProbeObservations): Verdict | undefined {
  const share = lossOf(seen.reception);
  if (share > maxLoss) return failed("media", `${percent(share)} of the packets are lost`);
  if (seen.endedBy !== undefined)
    return { ok: false, stage: "end", why: endText(seen.endedBy), said: seen.endedBy.reason ?? "", cure: "" };
  if (seen.recordingFault !== undefined)
    return failed("recording", `the recording could not be written: ${seen.recordingFault}`);
  return undefined;
}

function endText({ by }: Pick<CallEnd, "by">): string {
  return by === "remote" ? "the other side hung up" : "the call was lost";
}

/** Packet loss, 0 to 1. */
export function lossOf({ packetsIn, lost }: Pick<ProbeReception, "packetsIn" | "lost">): number {
  return lost === 0 ? 0 : lost / (packetsIn + lost);
}

/** @param share 0 to 1 */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function failed(stage: ProbeStage, why: string, cure = ""): ProbeFailure {
  return { ok: false, stage, why, said: "", cure };
}
