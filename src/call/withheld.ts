import type { CallContext, Ended } from "./context.js";
import type { Conference } from "./interfaces.js";
import { sayLast } from "./speech.js";

/** How long the store may take, in milliseconds; then only what this instance remembers counts. */
const storeTimeoutMs = 1_000;

/** Remembers the removal of a withheld caller, whom BBB can't ban: the next call has another pseudonym. */
export async function noteRemoval(
  { admitted, scope, services }: CallContext,
  { meetingId }: Conference,
): Promise<void> {
  if (admitted.caller.kind === "number") return;
  await scope.within(services.removals.add(meetingId), storeTimeoutMs);
}

/** The end of the call, where a caller without a usable number may not enter; `undefined`: go on. */
export async function refusedAsWithheld(context: CallContext, { meetingId }: Conference): Promise<Ended | undefined> {
  const { admitted, settings, scope, services } = context;
  if (settings.withheldAfterRemoval === "allow" || admitted.caller.kind === "number") return undefined;
  const asked = await scope.within(services.removals.has(meetingId), storeTimeoutMs);
  if (asked.kind === "ended") return asked;
  if (asked.kind === "late" || !asked.value) return undefined;
  return await sayLast(context, ["conference-unavailable", "goodbye"], "withheld-refused");
}
