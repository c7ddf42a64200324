import type { Conversation, Ended } from "./context.js";
import type { Conference } from "./interfaces.js";
import { sayLast } from "./speech.js";

/** How long the store may take, in milliseconds; then only what this instance remembers counts. */
const storeWithinMs = 1_000;

/** Remembers the removal of a withheld caller, whom BBB can't ban: the next call has another pseudonym. */
export async function noteRemoval(
  { admitted, waiting, services }: Conversation,
  { meetingId }: Conference,
): Promise<void> {
  if (admitted.caller.kind === "number") return;
  await waiting.for(services.removals.add(meetingId), storeWithinMs);
}

/** The end of the call, where a caller without a usable number may not enter; `undefined`: go on. */
export async function refusedAsWithheld(
  conversation: Conversation,
  { meetingId }: Conference,
): Promise<Ended | undefined> {
  const { admitted, settings, waiting, services } = conversation;
  if (settings.withheldAfterRemoval === "allow" || admitted.caller.kind === "number") return undefined;
  const asked = await waiting.for(services.removals.has(meetingId), storeWithinMs);
  if (asked.kind === "ended") return asked;
  if (asked.kind === "late" || !asked.value) return undefined;
  return await sayLast(conversation, ["conference-unavailable", "goodbye"], "withheld-refused");
}
