import type { Conversation } from "./call.js";
import type { EndCause } from "./cause.js";
import type { Sound } from "./interfaces.js";
import type { PromptName } from "./prompts.js";
import type { Waited } from "./wait.js";

/** Something that is being said to the caller. */
export interface Spoken {
  readonly isPlaying: boolean;
  readonly finished: Promise<unknown>;
  stop(): void;
}

/** Starts to play; the caller can interrupt it. */
export function say(conversation: Conversation, sounds: readonly Sound[]): Spoken {
  const playback = conversation.endpoint.play(sounds);
  const spoken = {
    isPlaying: true,
    finished: playback.finished.then((outcome) => {
      spoken.isPlaying = false;
      return outcome;
    }),
    stop(): void {
      if (!spoken.isPlaying) return;
      spoken.isPlaying = false;
      playback.stop();
    },
  };
  return spoken;
}

/** The longest farewell, in milliseconds. */
const longestFarewell = 30_000;

/** Says why the call ends, to its end, and is the end of it. */
export async function sayLast(
  conversation: Conversation,
  prompts: readonly PromptName[],
  cause: EndCause,
): Promise<{ readonly kind: "ended"; readonly cause: EndCause }> {
  const spoken = say(conversation, prompts.map((prompt) => ({ prompt, language: conversation.language })));
  const heard = await conversation.waiting.for(spoken.finished, longestFarewell);
  spoken.stop();
  return { kind: "ended", cause: heard.kind === "ended" ? heard.cause : cause };
}

/**
 * Waits for `work`, at most `withinMs`; from `explainAfterMs` on the caller hears the prompts and then
 * music, so that no wait is a silence without a reason.
 */
export async function playing<Value>(
  conversation: Conversation,
  work: Promise<Value>,
  explainAfterMs: number,
  withinMs: number,
  prompts: readonly PromptName[],
): Promise<Waited<Value>> {
  const quick = await conversation.waiting.for(work, explainAfterMs);
  if (quick.kind !== "late") return quick;
  const sounds: Sound[] = prompts.map((prompt) => ({ prompt, language: conversation.language }));
  const spoken = say(conversation, [...sounds, { music: "hold" }]);
  const waited = await conversation.waiting.for(work, withinMs - explainAfterMs);
  spoken.stop();
  return waited;
}
