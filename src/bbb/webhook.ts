import { createHash, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { Pin } from "../caller/secret.js";
import type { ChecksumAlgorithm } from "./api-checksum.js";
import { type Meeting, audioBridgeNamed, creationTime, longestMeetingId } from "./meeting.js";

/** What a webhook tells that matters here. */
export type WebhookEvent =
  | { readonly kind: "created"; readonly meeting: Meeting }
  | { readonly kind: "ended"; readonly meetingId: string };

/** What bbb-webhooks writes for a meeting that is no breakout room. */
const noParent = "bbb-none";

const meetingId = z.string().min(1).max(longestMeetingId);
const event = z.object({
  data: z.object({
    id: z.string(),
    attributes: z.object({
      meeting: z.object({
        "internal-meeting-id": meetingId,
        "parent-id": z.string().max(longestMeetingId).optional().catch(undefined),
        "create-time": z.coerce.string().optional().catch(undefined),
        "voice-conf": z.coerce.string().optional().catch(undefined),
        audioBridge: z.string().max(40).optional().catch(undefined),
      }),
    }),
  }),
});

/** Events that say nothing here are as many as bbb-webhooks sends at once. */
const mostEvents = 1_000;

/**
 * Reads what bbb-webhooks posts: a form with `event`, a JSON array (src/out/webhooks/callback-emitter.js; the events are those
 * of src/process/event.js). Events of other kinds, or that can't be read, are left out; `undefined`: it is no such form.
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
  return events.slice(0, mostEvents).flatMap((each: unknown) => readEvent(each));
}

function readEvent(value: unknown): WebhookEvent[] {
  const parsed = event.safeParse(value);
  if (!parsed.success) return [];
  const { id, attributes: { meeting } } = parsed.data.data;
  const internalId = meeting["internal-meeting-id"];
  if (id === "meeting-ended") return [{ kind: "ended", meetingId: internalId }];
  if (id !== "meeting-created") return [];
  const pin = Pin.parse(meeting["voice-conf"] ?? "");
  if (!pin.ok) return [];
  const parent = meeting["parent-id"];
  return [{
    kind: "created",
    meeting: {
      meetingId: internalId,
      createdAt: creationTime(meeting["create-time"], internalId),
      voiceBridge: pin.value,
      isOccupied: false,
      parentId: parent === undefined || parent === "" || parent === noParent ? undefined : parent,
      audioBridge: audioBridgeNamed(meeting.audioBridge),
    },
  }];
}

const algorithms: Readonly<Record<number, ChecksumAlgorithm>> = { 40: "sha1", 64: "sha256", 96: "sha384", 128: "sha512" };

/** How a webhook says that it comes from its server. */
export interface WebhookProof {
  /** The callback URL without the checksum, as it is configured at the server. */
  readonly callbackUrl: string;
  readonly body: string;
  /** The query's `checksum`, "" without. */
  readonly checksum: string;
  /** The header `Authorization`, "" without. */
  readonly authorization: string;
}

/**
 * Whether the webhook is the server's: `checksum` is the hash of callback URL, body and shared secret, its algorithm told by
 * its length; or the shared secret itself comes as Bearer (`bbb.auth2_0` of bbb-webhooks).
 */
export function isAuthentic({ callbackUrl, body, checksum, authorization }: WebhookProof, secret: string): boolean {
  if (authorization !== "") return isEqual(authorization, `Bearer ${secret}`);
  const algorithm = algorithms[checksum.length];
  if (algorithm === undefined) return false;
  return isEqual(checksum.toLowerCase(), createHash(algorithm).update(callbackUrl + body + secret).digest("hex"));
}

/** In a time that tells nothing but lengths, and not even those. */
function isEqual(left: string, right: string): boolean {
  const hash = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(left), hash(right));
}
