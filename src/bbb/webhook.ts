import { z } from "zod";

import { Pin } from "../caller/secret.js";
import { audioBridgeNamed, creationTime, maxMeetingIdLength, type Meeting } from "./meeting.js";

/** The webhook events that einwahl uses. */
export type WebhookEvent =
  { readonly kind: "created"; readonly meeting: Meeting } | { readonly kind: "ended"; readonly meetingId: string };

/** The parent id that bbb-webhooks sends for main rooms. */
const noParent = "bbb-none";

const meetingId = z.string().min(1).max(maxMeetingIdLength);
const event = z.object({
  data: z.object({
    id: z.string(),
    attributes: z.object({
      meeting: z.object({
        "internal-meeting-id": meetingId,
        "parent-id": z.string().max(maxMeetingIdLength).optional().catch(undefined),
        "create-time": z.coerce.string().optional().catch(undefined),
        "voice-conf": z.coerce.string().optional().catch(undefined),
        audioBridge: z.string().max(40).optional().catch(undefined),
      }),
    }),
  }),
});

/** Limit of events in one post. */
const maxEvents = 1_000;

/**
 * Parses a post of bbb-webhooks: a form with `event`, a JSON array (src/out/webhooks/callback-emitter.js; events:
 * src/process/event.js). Skips other and malformed events; `undefined`: not such a form.
 */
export function readWebhook(form: string): readonly WebhookEvent[] | undefined {
  const text = new URLSearchParams(form).get("event");
  if (text === null) return undefined;
  let events: unknown;
  try {
    events = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(events)) return undefined;
  return events.slice(0, maxEvents).flatMap((each: unknown) => readEvent(each));
}

function readEvent(value: unknown): WebhookEvent[] {
  const parsed = event.safeParse(value);
  if (!parsed.success) return [];
  const {
    id,
    attributes: { meeting },
  } = parsed.data.data;
  const internalId = meeting["internal-meeting-id"];
  if (id === "meeting-ended") return [{ kind: "ended", meetingId: internalId }];
  if (id !== "meeting-created") return [];
  const pin = Pin.parse(meeting["voice-conf"] ?? "");
  if (!pin.ok) return [];
  const parent = meeting["parent-id"];
  return [
    {
      kind: "created",
      meeting: {
        meetingId: internalId,
        createdAt: creationTime(meeting["create-time"], internalId),
        voiceBridge: pin.value,
        isOccupied: false,
        parentId: parent === undefined || parent === "" || parent === noParent ? undefined : parent,
        audioBridge: audioBridgeNamed(meeting.audioBridge),
      },
    },
  ];
}
