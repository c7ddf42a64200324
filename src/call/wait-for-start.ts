import type { Pin } from "../caller/secret.js";
import { AsyncQueue } from "../util/async-queue.js";
import type { CallContext, Ended, Next, Wait } from "./context.js";
import type { Lookup, Sound } from "./interfaces.js";
import { hintsOnce, inLanguage, say, sayLast } from "./speech.js";

/** Safety bound; more turns than the longest wait has. */
const maxTurns = 10_000;

const music: Sound = { music: "hold" };

/**
 * Waits for a conference to start, with music and spoken reminders. Looks up and joins as soon as the directory reports
 * that it may have started. `*` returns to the PIN prompt. An outage does not end the wait, only its limit does.
 */
export async function waitForStart(context: CallContext, { pin, until, after }: Wait): Promise<Next> {
  const { endpoint, scope, services, settings, progress } = context;
  const { clock, directory } = services;
  const { limitMs, remindEveryMs } = settings.waiting;
  progress.enter("waiting");
  const startedAt = clock.now();
  const limit =
    until ?? startedAt + Math.min(limitMs - context.state.waitedMs, settings.maxDurationMs - progress.elapsed);
  if (limit <= startedAt)
    return await sayLast(context, ["not-started-call-again", "goodbye"], "conference-not-started");
  const slot = services.acquireWaitingSlot(pin, context.admitted.origin);
  // A caller who has waited before may continue even if the slot is taken meanwhile.
  if (!slot.ok && until === undefined)
    return await sayLast(context, ["not-started-call-again", "goodbye"], slot.failure);
  context.state.at = { kind: "wait", pin, until: limit, after: "gap" };
  context.keep();
  const news = new AsyncQueue<"opened">(1);
  const unsubscribe = directory.onOpened(pin, () => {
    news.put("opened");
  });
  if (after === "gap") news.put("opened");
  const reminder = [...inLanguage(context, ["waiting"]), music];
  /** Look up on the directory's event; after a failed lookup or join, also at each reminder. */
  let look: "when-told" | "at-reminders" = after === "failed-join" ? "at-reminders" : "when-told";
  let remindAt = clock.now() + remindEveryMs;
  let heard = say(
    context,
    until === undefined
      ? [...inLanguage(context, ["not-started"]), ...hintsOnce(context, directory.usualAudio), music]
      : reminder,
  );
  try {
    for (let turns = 0; turns < maxTurns; turns++) {
      const left = limit - clock.now();
      if (left <= 0) break;
      const events = [news.arrival(), endpoint.dtmf.arrival(), ...(heard.state === "playing" ? [heard.finished] : [])];
      const event = await scope.within(Promise.race(events), Math.min(left, Math.max(0, remindAt - clock.now())));
      if (event.kind === "ended") return event;
      if (endpoint.dtmf.take() === "*") return { kind: "ask", why: "another-conference" };
      if (news.take() !== undefined || (event.kind === "late" && look === "at-reminders")) {
        const found = await lookAgain(context, pin);
        switch (found.kind) {
          case "ended":
            return found;
          case "open":
            return {
              kind: "join",
              destination: { pin, conference: found.conference, waitUntil: limit, arrival: "first" },
            };
          case "unknown":
            return { kind: "ask", why: "unknown-after-all" };
          case "unavailable":
            look = "at-reminders";
            break;
          case "not-started":
            break;
        }
      }
      if (clock.now() >= remindAt) {
        remindAt = clock.now() + remindEveryMs;
        heard.stop();
        heard = say(context, reminder);
      } else if (heard.state === "played") {
        heard = say(context, [music]);
      }
    }
    heard.stop();
    return await sayLast(context, ["not-started-call-again", "goodbye"], "conference-not-started");
  } finally {
    context.state.waitedMs += clock.now() - startedAt;
    if (slot.ok) slot.value();
    unsubscribe();
    heard.stop();
  }
}

async function lookAgain({ scope, services, settings, progress }: CallContext, pin: Pin): Promise<Lookup | Ended> {
  const looked = await scope.within(services.directory.lookUp(pin), settings.lookUpTimeoutMs);
  if (looked.kind === "ended") return looked;
  const outcome = looked.kind === "late" ? ({ kind: "unavailable" } as const) : looked.value;
  progress.lookedUp(outcome.kind);
  return outcome;
}
