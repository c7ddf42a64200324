import type { KnownAudio } from "./audio-bridge.js";
import type { CallScope, Waited } from "./call-scope.js";
import { type EndCause, endCauses } from "./cause.js";
import type { CallContext, Ended } from "./context.js";
import type { Playback, Sound } from "./interfaces.js";
import { keyPrompt, type PromptName } from "./prompts.js";

/** Something that is being said to the caller. */
export interface Spoken {
  readonly state: "playing" | "played" | "stopped" | "failed";
  readonly finished: Playback["finished"];
  stop(): void;
}

/**
 * Starts to play; the caller can interrupt it. To a caller on hold it is played from its beginning when the hold is over,
 * also when the hold comes in the middle.
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
  follow();
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

/** The prompts in the caller's language. */
export function inLanguage({ language }: Pick<CallContext, "language">, prompts: readonly PromptName[]): Sound[] {
  return prompts.map((prompt) => ({ prompt, language }));
}

/** No prompt, nor a row of them, is longer, in milliseconds; a bound against a media server that never reports the end. */
export const maxPromptMs = 60_000;

/** The longest farewell, in milliseconds. */
const maxFarewellMs = 30_000;

/**
 * Says why the call ends, to its end, and is the end of it. A failure stays the cause when the caller hangs up meanwhile:
 * most callers do on hearing of one, and operators would not see it.
 */
export async function sayLast(context: CallContext, prompts: readonly PromptName[], cause: EndCause): Promise<Ended> {
  const spoken = say(context, inLanguage(context, prompts));
  const heard = await context.scope.within(spoken.finished, maxFarewellMs);
  spoken.stop();
  const isFailure = endCauses[cause].result === "failed";
  return {
    kind: "ended",
    cause: heard.kind === "ended" && !(isFailure && heard.cause === "caller-hung-up") ? heard.cause : cause,
  };
}

/** The longest that a stop of einwahl is held up by its callers being told, in milliseconds. */
const shutdownPromptTimeoutMs = 4_000;

/** Says that einwahl is being stopped, to a caller who is still there as long as `untilGone` lasts. */
export async function sayShutdown(context: CallContext, untilGone: CallScope): Promise<void> {
  const spoken = say(context, inLanguage(context, ["shutting-down"]));
  await untilGone.within(spoken.finished, shutdownPromptTimeoutMs);
  spoken.stop();
}

/**
 * Says it to its end, or until the caller presses a key, which means just that; what was pressed before means nothing. What
 * comes next does not wait for a caller on hold.
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

/** Lets time go by; what the caller hears meanwhile is as in `playing`. `undefined` when it has, else the end of the call. */
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
 * Waits for `work`, at most `withinMs`; from `explainAfterMs` on the caller hears the prompts and then
 * music, so that no wait is a silence without a reason.
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
 * The keys that a caller should know before a conference, in as few words as there can be. Once per call; then nothing.
 * In a LiveKit meeting BBB knows no keys, so none of BBB's is promised where it may be one.
 */
export function hintsOnce(context: CallContext, audio: KnownAudio): readonly Sound[] {
  if (context.hints === "said") return [];
  context.hints = "said";
  const { language, settings } = context;
  const leave: readonly PromptName[] =
    settings.leaveKey === undefined ? [] : ["leave-hint", keyPrompt("*"), keyPrompt(settings.leaveKey)];
  const bbb: readonly PromptName[] = audio === "freeswitch" ? ["mute-hint"] : [];
  return [...bbb, ...leave].map((prompt) => ({ prompt, language }));
}

/** On the way into the first conference of a call; any key skips it. */
export async function sayHintsOnce(context: CallContext, audio: KnownAudio): Promise<Ended | undefined> {
  if (context.endpoint.hold.isOn) return undefined;
  const hints = hintsOnce(context, audio);
  if (hints.length === 0) return undefined;
  context.progress.enter("informing");
  return await sayUntilKey(context, hints);
}
