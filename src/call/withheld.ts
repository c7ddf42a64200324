import type { CallContext, Ended } from "./context.js";
import type { Conference } from "./interfaces.js";
import { sayLast } from "./speech.js";

/** Timeout for the store, in milliseconds; after it only this instance's memory counts. */
const storeTimeoutMs = 1_000;

/** Records the removal of a withheld caller. BBB can't ban such a caller: each call has a new pseudonym. */
export async function noteRemoval(
  { admitted, scope, services }: CallContext,
  { meetingId }: Conference,
): Promise<void> {
  if (admitted.caller.kind === "number") return;
  await scope.within(services.removals.add(meetingId), storeTimeoutMs);
}

/** Ends the call if a caller without a usable number may not join; `undefined`: continue. */
export async function refusedAsWithheld(context: CallContext, { meetingId }: Conference): Promise<Ended | undefined> {
  const { admitted, settings, scope, services } = context;
  if (settings.withheldAfterRemoval === "allow" || admitted.caller.kind === "number") return undefined;
  const asked = await scope.within(services.removals.has(meetingId), storeTimeoutMs);
  if (asked.kind === "ended") return asked;
  if (asked.kind === "late" || !asked.value) return undefined;
  return await sayLast(context, ["conference-unavailable", "goodbye"], "withheld-refused");
}
