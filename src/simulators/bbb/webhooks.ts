import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { request } from "node:http";
import { setTimeout } from "node:timers/promises";

import type { Meeting, Meetings } from "./meetings.js";

export interface WebhookOptions {
  /** The callback URL without checksum. */
  readonly url: string;
  /** The API secret. */
  readonly secret: string;
  /** `bearer`: bbb-webhooks with `auth2_0`. */
  readonly proof: "sha1" | "sha256" | "sha384" | "sha512" | "bearer";
}

/** `requestTimeout` and `retryIntervals` of bbb-webhooks' default configuration. */
const answerTimeoutMs = 5_000;
const retryAfterMs = [100, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 30_000] as const;
/** bbb-webhooks counts a rejected proof as delivered (callback-emitter.js). */
const denied = 401;

/**
 * The webhooks of bbb-webhooks 3.5.0 for meetings that begin and end, with bytes and headers as captured. Each post uses its own
 * connection and does not wait for others, so the order may change; failed posts are retried.
 */
export class SampleWebhooks {
  readonly #options: WebhookOptions;
  readonly #stop: () => void;
  /** The response statuses, 0 for none. */
  readonly answers: number[] = [];
  readonly #pending = new Set<Promise<void>>();
  readonly #closed = new AbortController();

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

  /** Resolves when all posts so far are delivered or abandoned. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending);
  }

  post(id: string, meeting: Readonly<Record<string, unknown>>): void {
    const event = { data: { type: "event", id, attributes: { meeting }, event: { ts: Date.now() } } };
    const body = new URLSearchParams({
      domain: "bbb.example.org",
      event: `[${JSON.stringify(event)}]`,
      timestamp: String(Date.now()),
    }).toString();
    const posting = this.#deliver(body).finally(() => {
      this.#pending.delete(posting);
    });
    this.#pending.add(posting);
  }

  async close(): Promise<void> {
    this.#stop();
    this.#closed.abort();
    await this.settled();
  }

  async #deliver(body: string): Promise<void> {
    for (const pauseMs of [...retryAfterMs, 0]) {
      const status = await this.#send(body);
      this.answers.push(status);
      if ((status >= 200 && status < 300) || status === denied) return;
      await setTimeout(pauseMs, undefined, { signal: this.#closed.signal }).catch(() => undefined);
      if (this.#closed.signal.aborted) return;
    }
  }

  async #send(body: string): Promise<number> {
    const { url, secret, proof } = this.#options;
    const target =
      proof === "bearer"
        ? url
        : `${url}${url.includes("?") ? "&" : "?"}checksum=${createHash(proof)
            .update(url + body + secret)
            .digest("hex")}`;
    return await new Promise((resolve) => {
      const sent = request(target, {
        method: "POST",
        headers: {
          accept: "*/*",
          ...(proof === "bearer" && { authorization: `Bearer ${secret}` }),
          "content-length": String(Buffer.byteLength(body)),
          "content-type": "application/x-www-form-urlencoded;charset=UTF-8",
          "user-agent": "node-fetch",
          connection: "keep-alive",
        },
        agent: false,
        signal: AbortSignal.any([this.#closed.signal, AbortSignal.timeout(answerTimeoutMs)]),
      });
      sent.on("response", (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      sent.on("error", () => {
        resolve(0);
      });
      sent.end(body);
    });
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
    "create-date": new Date(meeting.createTime).toString(),
    "moderator-pass": meeting.moderatorPW,
    "viewer-pass": meeting.attendeePW,
    record: false,
    "voice-conf": meeting.voiceBridge,
    "dial-number": meeting.dialNumber,
    "max-users": meeting.maxParticipants,
    metadata: meeting.metadata,
    audioBridge: meeting.audioBridge === "freeswitch" ? "bbb-webrtc-sfu" : meeting.audioBridge,
    cameraBridge: "bbb-webrtc-sfu",
    screenShareBridge: "bbb-webrtc-sfu",
  };
}
