import type { Language } from "../../caller/language.js";
import type { KnownPrompt } from "../../softphone/prompt-library.js";
import type { Clock } from "../../util/clock.js";
import { Latch } from "../../util/latch.js";
import type { Result } from "../../util/result.js";
import type { placeProbeCall, ProbeReport } from "../probe-call.js";
import type { ProbePlan } from "../probe-plan.js";
import type { SyntheticAdmission } from "./synthetic-admission.js";
import type { SyntheticFailure, SyntheticResult } from "./synthetic-result.js";
import { TestConference, type TestConferenceOptions } from "./test-conference.js";
import type { TestRoute } from "./test-route.js";

export interface SyntheticCallOptions {
  readonly conference: TestConferenceOptions;
  readonly admission: SyntheticAdmission;
  /** The failure is one line. */
  readonly findRoute: () => Promise<Result<TestRoute, string>>;
  readonly readPrompts: (language: Language) => Promise<Result<readonly KnownPrompt[], string>>;
  readonly placeCall: typeof placeProbeCall;
  readonly clock: Clock;
  /** Aborts the call. */
  readonly stop: Latch<true>;
  /** The calls were refused, and none of them arrived. */
  readonly onNotArrived: () => void;
  /** Why the conference could not be ended. */
  readonly onLeftOpen: (why: string) => void;
}

/** The tones of the two test phones, in Hz: distinct from each other, from DTMF, and within the passband of lines. */
const tones = [620, 1_040] as const;
/** The timeout for the other phone's tone, in milliseconds. */
const hearTimeoutMs = 15_000;
const answerTimeoutMs = 15_000;
/** The timeout of the whole test; shorter than the duration after which BBB ends the conference. */
const overTimeoutMs = 90_000;

/**
 * Calls einwahl with two test phones. Each types the PIN of a conference created for the test, sends a tone,
 * and listens for the other phone's. Returns after the conference has ended and all resources are released.
 */
export async function placeSyntheticCall(options: SyntheticCallOptions): Promise<SyntheticResult> {
  const { clock, conference: wanted, admission, stop } = options;
  const begun = clock.now();
  const over = new Latch<string>();
  const off = stop.onSet(() => {
    over.set("it was aborted");
  });
  const callOff = clock.after(overTimeoutMs, () => {
    over.set(`it did not finish within ${overTimeoutMs / 1_000} s`);
  });
  try {
    const opened = await TestConference.open(wanted);
    if (!opened.ok) return failedBefore("conference", opened.failure, clock.now() - begun);
    try {
      const outcome = await callThere(options, over);
      return { ...outcome, totalMs: Math.round(clock.now() - begun) };
    } finally {
      admission.close();
      const ended = await opened.value.end();
      if (!ended.ok) options.onLeftOpen(ended.failure);
    }
  } finally {
    off();
    callOff();
  }
}

/** Calls the created conference with both phones. */
async function callThere(
  options: SyntheticCallOptions,
  over: Latch<string>,
): Promise<Omit<SyntheticResult, "totalMs">> {
  const { clock, admission, placeCall } = options;
  const route = await options.findRoute();
  if (!route.ok) return failedBefore("connect", route.failure, 0);
  const prompts = await options.readPrompts(route.value.language);
  if (!prompts.ok) return failedBefore("prompt", prompts.failure, 0);
  const stop = new Latch<true>();
  const off = over.onSet(() => {
    stop.set(true);
  });
  admission.open(route.value.door);
  const enough = new Latch<true>();
  const deaf = new Set(tones);
  const reports = await Promise.all(
    tones.map(
      async (tone, place) =>
        await placeCall(
          planFor(options, {
            route: route.value,
            prompts: prompts.value,
            tone,
            expectTone: tones[1 - place] ?? tone,
            enough,
          }),
          {
            clock,
            stop,
            onEvent: ({ kind }) => {
              if (kind === "tone") deaf.delete(tone);
              if (deaf.size === 0) enough.set(true);
            },
          },
        ),
    ),
  );
  off();
  if (admission.arrived === 0 && reports.some(({ verdict }) => !verdict.ok && verdict.stage === "answer"))
    options.onNotArrived();
  return judge(reports, over.value);
}

interface Telephone {
  readonly route: TestRoute;
  readonly prompts: readonly KnownPrompt[];
  readonly tone: number;
  readonly expectTone: number;
  readonly enough: Latch<true>;
}

function planFor(
  { conference }: SyntheticCallOptions,
  { route, prompts, tone, expectTone, enough }: Telephone,
): ProbePlan {
  return {
    phone: route.phone,
    dial: route.dial,
    answerTimeoutMs,
    pin: conference.voiceBridge,
    language: undefined,
    prompts,
    play: { hz: tone },
    expectTone,
    recording: undefined,
    stayMs: hearTimeoutMs,
    enough,
  };
}

function judge(reports: readonly ProbeReport[], broken: string | undefined): Omit<SyntheticResult, "totalMs"> {
  return {
    failure: firstFailure(reports, broken),
    answeredMs: latest(reports.map(({ answeredMs }) => answeredMs)),
    heardMs: latest(reports.map(({ events }) => events.find(({ kind }) => kind === "tone")?.atMs)),
  };
}

function firstFailure(reports: readonly ProbeReport[], broken: string | undefined): SyntheticFailure | undefined {
  if (broken !== undefined) return { stage: "interrupted", why: broken };
  // Prefer the refused phone's failure: the other phone then misses its tone as a consequence.
  const failed = reports.flatMap(({ verdict }) => (verdict.ok ? [] : [verdict]));
  const verdict = failed.find(({ stage }) => stage !== "tone") ?? failed[0];
  return verdict === undefined ? undefined : { stage: verdict.stage, why: verdict.why };
}

/** The maximum, if all values are known. */
function latest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === times.length ? Math.max(...known) : undefined;
}

function failedBefore(stage: SyntheticFailure["stage"], why: string, totalMs: number): SyntheticResult {
  return { failure: { stage, why }, answeredMs: undefined, heardMs: undefined, totalMs: Math.round(totalMs) };
}
