import type { CallContext, Destination, Next } from "./context.js";
import { playing } from "./speech.js";

const explainAfterMs = 800;

/**
 * After a lost channel: looks the conference up, because it may be over and the node would open an empty one. During an
 * outage of the directory the caller returns to the conference that is known.
 */
export async function comeBack(context: CallContext, destination: Destination): Promise<Next> {
  const { services, settings } = context;
  const { pin, waitUntil } = destination;
  const looking = services.directory.lookUp(pin);
  const looked = await playing(context, looking, explainAfterMs, settings.lookUpTimeoutMs, ["please-wait"]);
  if (looked.kind === "ended") return looked;
  const found = looked.kind === "late" ? ({ kind: "unavailable" } as const) : looked.value;
  switch (found.kind) {
    case "open":
      return { kind: "join", destination: { ...destination, conference: found.conference, arrival: "back" } };
    case "unavailable":
      return { kind: "join", destination: { ...destination, arrival: "back" } };
    case "not-started":
      if (settings.waiting.limitMs > 0) return { kind: "wait", pin, until: waitUntil, after: "gap" };
      return { kind: "ask", why: "conference-ended" };
    case "unknown":
      return { kind: "ask", why: "conference-ended" };
  }
}
