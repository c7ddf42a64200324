import type { Conversation } from "./conversation.js";

/** Counts digits that the caller did not have looked up, and that have shown all the same that they are wrong: they did not complete. */
export function countTakenBack({ services, story, tries }: Conversation): void {
  tries.useWrong();
  story.pinTyped();
  story.lookedUp("unknown");
  services.onPin("unknown");
}
