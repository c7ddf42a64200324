import type { CallContext, Ended } from "./context.js";
import type { CallerGuesses, Restraint } from "./restraint.js";

/** Longer than the store's own time limit, in milliseconds. */
const countTimeoutMs = 5_000;

/** Waits for what wrong PINs mean for the caller now. */
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
 * Counts digits that the caller did not have looked up, and that have shown all the same that they are wrong: they did not
 * complete. Counts before it waits, so that it is complete for a caller who has hung up.
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
