import type { KnownAudio } from "./audio-bridge.js";
import type { CallContext, Ended } from "./context.js";
import type { Sound } from "./interfaces.js";
import { keyPrompt, type PromptName } from "./prompts.js";
import { sayUntilKey } from "./speech.js";

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
