import { PendingWaits } from "../softphone/pending-waits.js";
import type { CallEnd, PhoneCall } from "../softphone/phone-call.js";
import type { MediaStats } from "../softphone/rtp/media-session.js";
import { inBackground } from "../softphone/sip/background.js";
import { TestPhone } from "../softphone/test-phone.js";
import type { WavFile } from "../softphone/wav-file.js";
import type { Clock } from "../util/clock.js";
import type { Latch } from "../util/latch.js";
import { plainText } from "../util/plain-text.js";
import { Hearing } from "./hearing.js";
import type { HeardPrompt, ProbeEvent, ProbeHappening } from "./probe-event.js";
import type { ProbePlan } from "./probe-plan.js";
import { type ProbeOutcome, runScript } from "./run-script.js";
import { judge, type ProbeObservations, type Verdict } from "./verdict.js";

export interface ProbeTools {
  readonly clock: Clock;
  readonly onEvent: (event: ProbeEvent) => void;
  /** Aborts the call. */
  readonly stop: Latch<true>;
}

export interface ProbeReport {
  readonly verdict: Verdict;
  readonly events: readonly ProbeEvent[];
  readonly codec: string | undefined;
  /** SRTP suite; "none": plain RTP, `undefined`: not answered. */
  readonly suite: string | undefined;
  /** From dialling to the first response, including the connection setup; milliseconds. */
  readonly firstResponseMs: number | undefined;
  /** From dialling to the 200, milliseconds. */
  readonly answeredMs: number | undefined;
  readonly totalMs: number;
  readonly media: MediaStats;
}

const nothingSaid: ProbeOutcome = { typed: false, joined: undefined, rejection: undefined, toneHeard: false };

/**
 * Places one call with its own test phone, runs the plan, and hangs up. Returns after all resources are released;
 * rejects if no socket can be opened.
 */
export async function placeProbeCall(plan: ProbePlan, tools: ProbeTools): Promise<ProbeReport> {
  const { clock, stop } = tools;
  const phone = await TestPhone.open({ ...plan.phone, clock });
  const begun = clock.now();
  const events: ProbeEvent[] = [];
  const tell = (happening: ProbeHappening): void => {
    const event = { ...happening, atMs: Math.round(clock.now() - begun) };
    events.push(event);
    tools.onEvent(event);
  };
  const off = stop.onSet(() => {
    inBackground(phone.close());
  });
  try {
    const call = await phone.dial(plan.dial);
    tell({ kind: "invite" });
    const seen = await live(call, phone, plan, tools, tell);
    const media = call.audio.stats;
    return {
      verdict: judge(
        { ...seen, interrupted: stop.isSet, reception: media },
        {
          pin: plan.pin !== undefined,
          prompt: isPromptDue(plan),
          tone: plan.expectTone,
        },
      ),
      events,
      codec: call.codec,
      suite: seen.refusal === undefined ? (call.suite ?? "none") : undefined,
      firstResponseMs: events.find(({ kind }) => kind === "progress")?.atMs,
      answeredMs: events.find(({ kind }) => kind === "answered")?.atMs,
      totalMs: Math.round(clock.now() - begun),
      media,
    };
  } finally {
    off();
    await phone.close();
  }
}

/** A call without a PIN that expects a tone may reach any destination, so no prompt is required. */
function isPromptDue({ pin, expectTone }: ProbePlan): boolean {
  return pin !== undefined || expectTone === undefined;
}

type Seen = Omit<ProbeObservations, "interrupted" | "reception">;

/** From the INVITE to the end of the call. */
async function live(
  call: PhoneCall,
  phone: TestPhone,
  plan: ProbePlan,
  { clock }: ProbeTools,
  tell: (happening: ProbeHappening) => void,
): Promise<Seen> {
  const over: { end: CallEnd | undefined } = { end: undefined };
  const waits = new PendingWaits(clock);
  inBackground(
    call.ended.then((end) => {
      over.end = end;
      waits.close();
    }),
  );
  const hearing = new Hearing(call.audio, plan.prompts, waits, (prompt: HeardPrompt) => {
    tell({ kind: "prompt", prompt });
  });
  const offs = [
    call.onProgress(({ status, reason }) => {
      tell({ kind: "progress", status, reason: plainText(reason) });
    }),
    call.onReinvite((accepted) => {
      tell({ kind: "renegotiated", accepted });
    }),
    ...(plan.recording === undefined ? [] : [keep(call, plan.recording)]),
  ];
  const tooLate = clock.after(plan.answerTimeoutMs, () => {
    inBackground(phone.close());
  });
  const answered = await call.answered;
  tooLate();
  if (answered.ok) tell({ kind: "answered", codec: call.codec ?? "", suite: call.suite ?? "none" });
  else tell({ kind: "refused", failure: answered.failure });
  const conversation = answered.ok ? await runScript(plan, { call, hearing, waits, tell }) : nothingSaid;
  const endedBy = answered.ok && over.end !== undefined ? plainEnd(over.end) : undefined;
  await phone.close();
  const end = await call.ended;
  if (answered.ok) tell({ kind: "hung-up", end: plainEnd(end) });
  for (const off of offs) off();
  hearing.close();
  const recorded = await plan.recording?.close();
  const recordingFault = recorded?.ok === false ? recorded.failure : undefined;
  if (recordingFault !== undefined) tell({ kind: "recording-failed", code: recordingFault });
  return {
    ...conversation,
    refusal: answered.ok ? undefined : answered.failure,
    prompts: hearing.prompts,
    endedBy,
    recordingFault,
  };
}

function plainEnd({ by, reason }: CallEnd): CallEnd {
  return { by, reason: reason === undefined ? undefined : plainText(reason) };
}

function keep(call: PhoneCall, recording: WavFile): () => void {
  return call.audio.onFrame((pcm) => {
    recording.add(pcm);
  });
}
