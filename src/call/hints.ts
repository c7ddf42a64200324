import type { KnownAudio } from "./audio-bridge.js";
import type { Conversation, Ended } from "./context.js";
import type { Sound } from "./interfaces.js";
import { keyPrompt, type PromptName } from "./prompts.js";
import { sayUntilKey } from "./speech.js";

/**
 * The keys that a caller should know before a conference, in as few words as there can be. Once per call; then nothing.
 * In a LiveKit meeting BBB knows no keys, so none of BBB's is promised where it may be one.
 */
export function hintsOnce(conversation: Conversation, audio: KnownAudio): readonly Sound[] {
  if (conversation.hints === "said") return [];
  conversation.hints = "said";
  const { language, settings } = conversation;
  const leave: readonly PromptName[] =
    settings.leaveKey === undefined ? [] : ["leave-hint", keyPrompt("*"), keyPrompt(settings.leaveKey)];
  const bbb: readonly PromptName[] = audio === "freeswitch" ? ["mute-hint"] : [];
  return [...bbb, ...leave].map((prompt) => ({ prompt, language }));
}

/** On the way into the first conference of a call; any key skips it. */
export async function sayHintsOnce(conversation: Conversation, audio: KnownAudio): Promise<Ended | undefined> {
  if (conversation.endpoint.hold.isOn) return undefined;
  const hints = hintsOnce(conversation, audio);
  if (hints.length === 0) return undefined;
  conversation.story.enter("informing");
  return await sayUntilKey(conversation, hints);
}
