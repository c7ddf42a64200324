import type { CallEnd, CallFailure } from "../softphone/phone-call.js";
import { explainFailure } from "./explain-failure.js";
import type { HeardPrompt, JoinedHow } from "./probe-event.js";
import type { ProbeStage } from "./probe-stage.js";

export type Verdict = { readonly ok: true } | ProbeFailure;

export interface ProbeFailure {
  readonly ok: false;
  readonly stage: ProbeStage;
  /** One sentence; tells neither a number nor a PIN. */
  readonly why: string;
  /** The other side's own words, or "": for the one who called, and not for a log. */
  readonly said: string;
  /** What to do, or "". */
  readonly cure: string;
}

/** Packets that came, and those that did not. */
export interface ProbeReception {
  readonly packetsIn: number;
  readonly packetsOut: number;
  readonly lost: number;
  /** Not authentic, replayed or unreadable. */
  readonly rejected: number;
}

/** What a test call is there to show. */
export interface ProbeAim {
  readonly pin: boolean;
  /** Whether einwahl's recordings have to be heard. */
  readonly prompt: boolean;
  /** Hz. */
  readonly tone: number | undefined;
}

/** What was seen and heard of a call that is over. */
export interface ProbeObservations {
  readonly refusal: CallFailure | undefined;
  readonly prompts: readonly HeardPrompt[];
  /** A recording that was heard after the PIN and says that it led nowhere. */
  readonly rejection: string | undefined;
  /** False when the keys could not be sent. */
  readonly typed: boolean;
  readonly joined: JoinedHow | undefined;
  readonly toneHeard: boolean;
  /** Only when it was not we who hung up. */
  readonly endedBy: Pick<CallEnd, "by" | "reason"> | undefined;
  readonly interrupted: boolean;
  readonly recordingFault: string | undefined;
  readonly reception: ProbeReception;
}

/** More than this is heard as a broken line: the share of packets lost, 0 to 1. */
export const maxLoss = 0.05;

/** What einwahl says after a PIN that leads nowhere, and what that means. */
export const rejections: Readonly<
  Record<string, { readonly stage: ProbeStage; readonly why: string; readonly cure: string }>
> = {
  "pin-unknown": {
    stage: "pin",
    why: "einwahl knows no conference with this PIN",
    cure: "see whether the meeting runs: a BBB server forgets the PIN when it ends",
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
    why: "einwahl can't ask a BBB server, so it can't tell whether the PIN is right",
    cure: "see: einwahl check",
  },
  "no-telephone-audio": {
    stage: "join",
    why: "the audio of the conference is in LiveKit, and the server's FreeSWITCH does not hand calls on to it",
    cure: "put 02_einwahl_livekit.xml and einwahl_livekit.xml onto that server (freeswitch/bbb-node/README.md); on a server without LiveKit set audio_bridge: freeswitch",
  },
  "max-duration": { stage: "join", why: "the call has lasted as long as a call may", cure: "calls.max_duration" },
  "conference-unavailable": {
    stage: "join",
    why: "the BBB server of the conference refuses the call or can't be reached over SIP",
    cure: "see: einwahl check",
  },
  "too-many-tries": {
    stage: "pin",
    why: "einwahl took the keys for wrong PINs",
    cure: "see whether keys arrive: they go as RFC 4733 events",
  },
  "pin-silence": {
    stage: "pin",
    why: "einwahl heard no keys",
    cure: "keys go as RFC 4733 events: see whether something on the way drops them",
  },
  "no-input-goodbye": {
    stage: "pin",
    why: "einwahl heard no keys",
    cure: "keys go as RFC 4733 events: see whether something on the way drops them",
  },
  "conference-ended": { stage: "join", why: "the conference ended", cure: "" },
  removed: { stage: "join", why: "a moderator removed the caller", cure: "" },
  "shutting-down": { stage: "join", why: "einwahl is being stopped", cure: "" },
};

/** Whether the call showed what it was there to show, and if not, where it went wrong first. */
export function judge(seen: ProbeObservations, aim: ProbeAim): Verdict {
  if (seen.interrupted) return failed("interrupted", "the call was broken off");
  if (seen.refusal !== undefined) return { ok: false, ...explainFailure(seen.refusal) };
  return judgeMedia(seen) ?? judgeDialogue(seen, aim) ?? judgeEnd(seen) ?? { ok: true };
}

function judgeMedia({ reception }: ProbeObservations): Verdict | undefined {
  const { packetsIn, rejected } = reception;
  if (packetsIn > 0) return undefined;
  return rejected > 0
    ? failed(
        "media",
        `none of ${rejected} packets of audio is authentic`,
        "the keys of the two sides differ: something on the way changes the SDP",
      )
    : failed(
        "media",
        "no audio arrives",
        "open the RTP ports of the media server to this machine, and see whether it announces an address that can be reached",
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
    const why =
      seen.prompts.length === 0
        ? "no recording of einwahl was heard"
        : "the recording that asks for the PIN was not heard";
    return fail("prompt", why, "with recordings of your own name them: --prompts DIR");
  }
  if (aim.pin && !seen.typed) return fail("pin", "the keys could not be sent", "the other side takes no RFC 4733 keys");
  if (aim.pin && seen.joined === undefined)
    return fail("join", "after the PIN nothing says that the call is in the conference");
  if (aim.tone !== undefined && !seen.toneHeard) return fail("tone", `no tone of ${aim.tone} Hz was heard`);
  return undefined;
}

/** What went wrong beside a dialogue that went well. */
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

/** The share of packets that did not come, 0 to 1. */
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
