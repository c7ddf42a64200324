import type { CallContext, Ended } from "./context.js";
import type { CallerGuesses, Restraint } from "./restraint.js";

/** Exceeds the store's own timeout, in milliseconds. */
const countTimeoutMs = 5_000;

/** Waits for the restraint; on timeout the last known one holds. */
export async function restraintFrom(
  { scope, guesses }: Pick<CallContext, "scope" | "guesses">,
  asked: ReturnType<CallerGuesses["check"]>,
): Promise<Restraint | Ended> {
  const heard = await scope.within(asked, countTimeoutMs);
  switch (heard.kind) {
    case "ended":
      return heard;
    case "late":
      return guesses.restraint;
    case "done":
      return heard.value;
  }
}

/**
 * Counts digits as a wrong PIN that were never looked up: that they did not complete has revealed that they are wrong.
 * Counts before it waits, so that the count is complete even if the caller has hung up.
 */
export async function countTakenBack(context: CallContext): Promise<Ended | undefined> {
  const { services, progress, tries, guesses } = context;
  tries.useWrong();
  progress.pinTyped();
  progress.lookedUp("unknown");
  services.onPin("unknown", context.admitted.origin);
  const restraint = await restraintFrom(context, guesses.count());
  return restraint.kind === "ended" ? restraint : undefined;
}
