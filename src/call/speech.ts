import type { KnownAudio } from "./audio-bridge.js";
import type { CallScope, Waited } from "./call-scope.js";
import { type EndCause, endCauses } from "./cause.js";
import type { CallContext, Ended } from "./context.js";
import type { Playback, Sound } from "./interfaces.js";
import { keyPrompt, type PromptName } from "./prompts.js";

/** A spoken announcement to the caller. */
export interface Spoken {
  readonly state: "playing" | "played" | "stopped" | "failed";
  readonly finished: Playback["finished"];
  stop(): void;
}

/**
 * Starts to play; a key may stop it. A hold, before or during the playback, restarts it from the beginning when the
 * caller resumes.
 */
export function say({ endpoint }: Pick<CallContext, "endpoint">, sounds: readonly Sound[]): Spoken {
  let state: Spoken["state"] = "playing";
  let playback: Playback | undefined;
  let settle: (outcome: Outcome | Promise<Outcome>) => void = () => undefined;
  const finished = new Promise<Outcome>((resolve) => {
    settle = resolve;
  });
  const follow = (): void => {
    const before = playback;
    playback = endpoint.hold.isOn ? undefined : endpoint.play(sounds);
    before?.stop();
    const current = playback;
    current?.finished.then(
      (outcome) => {
        if (current !== playback) return;
        unsubscribe();
        if (state === "playing") state = outcome;
        settle(outcome);
      },
      (error: unknown) => {
        unsubscribe();
        settle(Promise.reject(error instanceof Error ? error : new Error(String(error))));
      },
    );
  };
  const unsubscribe = endpoint.hold.onChange(follow);
  try {
    follow();
  } catch (error) {
    unsubscribe();
    throw error;
  }
  return {
    get state() {
      return state;
    },
    finished,
    stop(): void {
      if (state !== "playing") return;
      state = "stopped";
      unsubscribe();
      if (playback === undefined) settle("stopped");
      playback?.stop();
    },
  };
}

type Outcome = "played" | "stopped" | "failed";

/** The prompts as sounds in the caller's language. */
export function inLanguage({ state }: Pick<CallContext, "state">, prompts: readonly PromptName[]): Sound[] {
  return prompts.map((prompt) => ({ prompt, language: state.language }));
}

/** Longer than any sequence of prompts, in milliseconds; a bound in case the media server never reports the end. */
export const maxPromptMs = 60_000;

/** Longer than any farewell, in milliseconds. */
const maxFarewellMs = 30_000;

/**
 * Plays the farewell to its end and returns the end of the call. A failure stays the cause if the caller hangs up meanwhile:
 * most callers do, and operators would not see the failure.
 */
export async function sayLast(context: CallContext, prompts: readonly PromptName[], cause: EndCause): Promise<Ended> {
  context.state.at = { kind: "ended", cause };
  const spoken = say(context, inLanguage(context, prompts));
  const heard = await context.scope.within(spoken.finished, maxFarewellMs);
  spoken.stop();
  const isFailure = endCauses[cause].result === "failed";
  return {
    kind: "ended",
    cause: heard.kind === "ended" && !(isFailure && heard.cause === "caller-hung-up") ? heard.cause : cause,
  };
}

/** Maximum time that the announcement delays the shutdown of einwahl, in milliseconds. */
const shutdownPromptTimeoutMs = 4_000;

/** Announces the shutdown of einwahl; `untilGone` ends when the caller's leg does. */
export async function sayShutdown(context: CallContext, untilGone: CallScope): Promise<void> {
  const spoken = say(context, inLanguage(context, ["shutting-down"]));
  await untilGone.within(spoken.finished, shutdownPromptTimeoutMs);
  spoken.stop();
}

/**
 * Plays to the end, or until a key or a hold; the key is consumed. Digits pressed before are dropped.
 * A caller on hold does not delay the next step.
 */
export async function sayUntilKey(context: CallContext, sounds: readonly Sound[]): Promise<Ended | undefined> {
  const { endpoint, scope } = context;
  endpoint.dtmf.clear();
  if (endpoint.hold.isOn) return undefined;
  const spoken = say(context, sounds);
  const heard = await scope.within(
    Promise.race([spoken.finished, endpoint.dtmf.arrival(), endpoint.hold.changed()]),
    maxPromptMs,
  );
  spoken.stop();
  endpoint.dtmf.take();
  return heard.kind === "ended" ? heard : undefined;
}

/** Pauses with the prompts and music of `playing`. Returns `undefined`, or the end of the call. */
export async function pauseAudibly(
  context: CallContext,
  ms: number,
  explainAfterMs: number,
  prompts: readonly PromptName[],
): Promise<Ended | undefined> {
  if (ms <= explainAfterMs) return await context.scope.pause(ms);
  const paused = await playing(context, new Promise<never>(() => undefined), explainAfterMs, ms, prompts);
  return paused.kind === "ended" ? paused : undefined;
}

/**
 * Waits for `work`, at most `withinMs`; after `explainAfterMs` the caller hears the prompts and then music, so that no
 * long wait is unexplained silence.
 */
export async function playing<Value>(
  context: CallContext,
  work: Promise<Value>,
  explainAfterMs: number,
  withinMs: number,
  prompts: readonly PromptName[],
): Promise<Waited<Value>> {
  const quick = await context.scope.within(work, explainAfterMs);
  if (quick.kind !== "late") return quick;
  const spoken = say(context, [...inLanguage(context, prompts), { music: "hold" }]);
  const waited = await context.scope.within(work, withinMs - explainAfterMs);
  spoken.stop();
  return waited;
}

/**
 * The hints about the keys in a conference; empty after the first time in a call. In LiveKit meetings BBB handles no keys,
 * so BBB's mute key is announced for FreeSWITCH meetings only.
 */
export function hintsOnce(context: CallContext, audio: KnownAudio): readonly Sound[] {
  const { state, settings } = context;
  if (state.hints === "said") return [];
  state.hints = "said";
  const leave: readonly PromptName[] =
    settings.leaveKey === undefined ? [] : ["leave-hint", keyPrompt("*"), keyPrompt(settings.leaveKey)];
  const bbb: readonly PromptName[] = audio === "freeswitch" ? ["mute-hint"] : [];
  return [...bbb, ...leave].map((prompt) => ({ prompt, language: state.language }));
}

/** Plays the hints before the first conference of a call; any key skips them. */
export async function sayHintsOnce(context: CallContext, audio: KnownAudio): Promise<Ended | undefined> {
  if (context.endpoint.hold.isOn) return undefined;
  const hints = hintsOnce(context, audio);
  if (hints.length === 0) return undefined;
  context.progress.enter("informing");
  return await sayUntilKey(context, hints);
}
