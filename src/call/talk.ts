import type { CallContext, Ended } from "./context.js";
import type { Bridge, Conference } from "./interfaces.js";
import { type KeyMeaning, KeysInConference } from "./keys-in-conference.js";
import { sayLast } from "./speech.js";

/** How a stay in a conference ended. */
export type TalkOutcome =
  /** The BBB server sent BYE. */
  | { readonly kind: "over" }
  /** The BBB server is lost. */
  | { readonly kind: "lost" }
  /** The caller has pressed the leave key. */
  | { readonly kind: "left" }
  | Ended;

/** Stays in the conference until it ends, the caller leaves or hangs up, a leg is lost or the maximum duration is reached. */
export async function talk(context: CallContext, bridge: Bridge, { voiceBridge }: Conference): Promise<TalkOutcome> {
  const { endpoint, settings, progress, services } = context;
  progress.enter("talking");
  const left = services.entered(voiceBridge, context.admitted.origin);
  try {
    const keys = new KeysInConference(settings.leaveKey);
    for (let ms = timeLeft(context); ms > 0; ms = timeLeft(context)) {
      const event = await next(context, bridge, Math.min(ms, keys.timeoutMs ?? ms));
      if (event.kind === "ended") {
        if (event.cause !== "handed-over") bridge.leave();
        return event;
      }
      if (bridge.over.value !== undefined) return { kind: bridge.over.value === "lost" ? "lost" : "over" };
      const key = endpoint.dtmf.take();
      const meaning: KeyMeaning = key === undefined ? keys.nothingFollows() : keys.press(key);
      if (meaning.kind === "leave") {
        bridge.leave();
        return { kind: "left" };
      }
      for (const each of meaning.keys) bridge.send(each);
    }
  } finally {
    left();
  }
  bridge.leave();
  return await sayLast(context, ["max-duration", "goodbye"], "max-duration");
}

function timeLeft({ settings, progress }: CallContext): number {
  return settings.maxDurationMs - progress.elapsed;
}

/** Waits for a key, the end of the bridge, or the timeout. */
async function next(
  { endpoint, scope }: CallContext,
  bridge: Bridge,
  ms: number,
): ReturnType<typeof scope.within<void>> {
  let unsubscribe: () => void = () => undefined;
  const over = new Promise<void>((resolve) => {
    unsubscribe = bridge.over.onSet(() => {
      resolve();
    });
  });
  return await scope.within(Promise.race([endpoint.dtmf.arrival(), over]), ms).finally(unsubscribe);
}
