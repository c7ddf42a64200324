import type { Conversation, Ended } from "./conversation.js";
import type { Sound } from "./interfaces.js";
import { type PromptName, keyPrompt } from "./prompts.js";
import { sayUntilKey } from "./speech.js";

/** The keys that a caller should know before a conference, in as few words as there can be. Once per call; then nothing. */
export function hintsOnce(conversation: Conversation): readonly Sound[] {
  if (conversation.hints === "said") return [];
  conversation.hints = "said";
  const { language, settings } = conversation;
  const leave: readonly PromptName[] = settings.leaveKey === undefined ? [] : ["leave-hint", keyPrompt("*"), keyPrompt(settings.leaveKey)];
  return (["mute-hint", ...leave] as const).map((prompt) => ({ prompt, language }));
}

/** On the way into the first conference of a call; any key skips it. */
export async function sayHintsOnce(conversation: Conversation): Promise<Ended | undefined> {
  if (conversation.endpoint.hold.isOn) return undefined;
  const hints = hintsOnce(conversation);
  if (hints.length === 0) return undefined;
  conversation.story.enter("informing");
  return await sayUntilKey(conversation, hints);
}
