import { createHash } from "node:crypto";
import type { Meeting, Meetings } from "./meetings.js";

export interface WebhookOptions {
  /** The callback URL, without a checksum. */
  readonly url: string;
  /** Of the API. */
  readonly secret: string;
  /** `bearer`: bbb-webhooks with `auth2_0`. */
  readonly proof: "sha1" | "sha256" | "sha384" | "sha512" | "bearer";
}

const ANSWER_WITHIN_MS = 5_000;

/** What bbb-webhooks of a sample BBB server posts: meetings that begin and end. It tries once, where the real one tries again. */
export class SampleWebhooks {
  readonly #options: WebhookOptions;
  readonly #stop: () => void;
  /** The statuses of the answers, 0 where there was none. */
  readonly answers: number[] = [];
  #last: Promise<void> = Promise.resolve();

  constructor(meetings: Meetings, options: WebhookOptions) {
    this.#options = options;
    this.#stop = meetings.watch({
      created: (meeting) => {
        this.post("meeting-created", createdAttributes(meeting));
      },
      ended: ({ internalMeetingID, meetingID }) => {
        this.post("meeting-ended", { "internal-meeting-id": internalMeetingID, "external-meeting-id": meetingID });
      },
    });
  }

  /** Settles when everything that was posted so far has been answered, or has failed. */
  async settled(): Promise<void> {
    await this.#last;
  }

  /** One after the other, as bbb-webhooks does for each hook. */
  post(id: string, meeting: Readonly<Record<string, unknown>>): void {
    const event = { data: { type: "event", id, attributes: { meeting }, event: { ts: Date.now() } } };
    const body = new URLSearchParams({ domain: "bbb.example.org", event: `[${JSON.stringify(event)}]`, timestamp: String(Date.now()) }).toString();
    this.#last = this.#last.then(async () => {
      this.answers.push(await this.#send(body));
    });
  }

  async close(): Promise<void> {
    this.#stop();
    await this.#last;
  }

  async #send(body: string): Promise<number> {
    const { url, secret, proof } = this.#options;
    const target = proof === "bearer" ? url : `${url}?checksum=${createHash(proof).update(url + body + secret).digest("hex")}`;
    try {
      const response = await fetch(target, {
        method: "POST",
        body,
        headers: { "Content-Type": "application/x-www-form-urlencoded;charset=UTF-8", ...(proof === "bearer" && { Authorization: `Bearer ${secret}` }) },
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      await response.body?.cancel();
      return response.status;
    } catch {
      return 0;
    }
  }
}

function createdAttributes(meeting: Meeting): Readonly<Record<string, unknown>> {
  return {
    "internal-meeting-id": meeting.internalMeetingID,
    "external-meeting-id": meeting.meetingID,
    name: meeting.name,
    "is-breakout": meeting.isBreakout,
    "parent-id": meeting.parentMeetingID ?? "bbb-none",
    duration: meeting.duration,
    "create-time": meeting.createTime,
    "moderator-pass": meeting.moderatorPW,
    "viewer-pass": meeting.attendeePW,
    record: false,
    "voice-conf": meeting.voiceBridge,
    "dial-number": meeting.dialNumber,
    "max-users": meeting.maxParticipants,
    metadata: meeting.metadata,
    audioBridge: meeting.audioBridge === "freeswitch" ? "bbb-webrtc-sfu" : meeting.audioBridge,
  };
}
