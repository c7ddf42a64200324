import type { PendingWaits } from "../softphone/pending-waits.js";
import type { PhoneCall } from "../softphone/phone-call.js";
import { inBackground } from "../softphone/sip/background.js";
import type { Hearing } from "./hearing.js";
import type { HeardPrompt, JoinedHow, ProbeHappening } from "./probe-event.js";
import type { ProbePlan } from "./probe-plan.js";
import { rejections } from "./verdict.js";

/** The outcome of an answered call. */
export interface ProbeOutcome {
  /** Whether all digits of the PIN were sent. */
  typed: boolean;
  joined: JoinedHow | undefined;
  /** The recording that rejected the PIN or announced the end of the conference. */
  rejection: string | undefined;
  toneHeard: boolean;
}

export interface ScriptTools {
  readonly call: PhoneCall;
  readonly hearing: Hearing;
  /** Closed when the call ends or is aborted; ends every wait in this file. */
  readonly waits: PendingWaits;
  readonly tell: (happening: ProbeHappening) => void;
}

/** Timeouts in milliseconds. */
const promptTimeoutMs = 30_000;
const outcomeTimeoutMs = 45_000;
/** After the PIN, this long without a prompt means that the call has joined, in milliseconds. */
const silenceMs = 5_000;
/** Amplitude of the sent tone, 0 to 1 of full scale. */
const toneLevel = 0.2;

/** The caller's script for an answered call: types the PIN, verifies that it joins, and stays for a while. */
export async function runScript(plan: ProbePlan, tools: ScriptTools): Promise<ProbeOutcome> {
  const seen: ProbeOutcome = { typed: false, joined: undefined, rejection: undefined, toneHeard: false };
  if (plan.pin === undefined) {
    listenForTone(plan, tools, seen);
    whistle(plan, tools.call);
    speak(plan, tools.call);
    await tools.hearing.until(() => tools.hearing.prompts[0] ?? (seen.toneHeard ? true : undefined), promptTimeoutMs);
    await stay(plan, tools);
    return seen;
  }
  if (!(await untilAsked(plan, tools))) return seen;
  seen.typed = await tools.call.sendDigits(`${plan.pin}#`);
  if (!seen.typed) return seen;
  tools.tell({ kind: "pin-typed", digits: plan.pin.length });
  const typedAt = tools.hearing.audioMs;
  listenForTone(plan, tools, seen);
  whistle(plan, tools.call);
  const outcome = await tools.hearing.until(() => outcomeOf(tools.hearing, typedAt, seen), outcomeTimeoutMs);
  if (outcome === "tone" || outcome === "silence") {
    seen.joined = outcome;
    tools.tell({ kind: "joined", how: outcome });
    speak(plan, tools.call);
    await stay(plan, tools);
  }
  seen.rejection = rejectionAfter(tools.hearing.prompts, typedAt)?.name;
  return seen;
}

/** False if the PIN prompt was not heard. */
async function untilAsked({ language }: ProbePlan, { call, hearing, tell }: ScriptTools): Promise<boolean> {
  const asked = await hearing.until(() => hearing.prompts.find(({ name }) => name === "enter-pin"), promptTimeoutMs);
  if (asked === undefined || language === undefined || asked.language === language) return asked !== undefined;
  if (!(await call.sendDigits("**"))) return false;
  tell({ kind: "language-switched" });
  const again = await hearing.until(
    () => hearing.prompts.find((prompt) => prompt.name === "enter-pin" && prompt.language === language),
    promptTimeoutMs,
  );
  return again !== undefined;
}

/** The effect of the PIN, from the audio. */
function outcomeOf(hearing: Hearing, typedAt: number, seen: ProbeOutcome): JoinedHow | "rejected" | undefined {
  if (rejectionAfter(hearing.prompts, typedAt) !== undefined) return "rejected";
  if (seen.toneHeard) return "tone";
  return Math.min(hearing.quietMs, hearing.audioMs - typedAt) >= silenceMs ? "silence" : undefined;
}

/** @param typedAt milliseconds of received audio */
function rejectionAfter(prompts: readonly HeardPrompt[], typedAt: number): HeardPrompt | undefined {
  return prompts.find(({ name, offsetMs }) => offsetMs >= typedAt && Object.hasOwn(rejections, name));
}

/** Repeats until the call ends. */
function listenForTone({ expectTone, stayMs }: ProbePlan, { call, tell }: ScriptTools, seen: ProbeOutcome): void {
  if (expectTone === undefined) return;
  inBackground(
    call.audio.waitForTone(expectTone, outcomeTimeoutMs + stayMs).then((tone) => {
      if (tone === undefined) return;
      seen.toneHeard = true;
      tell({ kind: "tone", hz: expectTone, level: tone.level });
    }),
  );
}

function whistle({ play }: ProbePlan, call: PhoneCall): void {
  if (play !== undefined && "hz" in play) call.playTone(play.hz, toneLevel);
}

function speak({ play }: ProbePlan, call: PhoneCall): void {
  if (play !== undefined && "pcm" in play) inBackground(call.audio.speaker.play(play.pcm));
}

async function stay({ stayMs, enough }: ProbePlan, { waits }: ScriptTools): Promise<void> {
  await waits.until<true>(stayMs, (found) => enough?.onSet(found) ?? (() => undefined));
}
