import { createHash } from "node:crypto";

import type { AudioBridge, AudioBridges } from "../call/interfaces.js";
import type { RedisConnection } from "./redis-connection.js";

/** The oldest are dropped first. */
const maxMeetings = 10_000;
/** Expiry in Redis in seconds: seven days, the retention of all data. */
const redisTtlSeconds = 604_800;

/** Audio bridges by meeting: in memory and in a persistent store. Internal meeting ids are never reused. */
export class MeetingAudio implements AudioBridges {
  readonly #bridges = new Map<string, AudioBridge>();
  readonly #shared: () => AudioBridges | undefined;

  /** @param shared the shared or persistent store; `undefined`: memory only */
  constructor(shared: () => AudioBridges | undefined) {
    this.#shared = shared;
  }

  async add(meetingId: string, bridge: AudioBridge): Promise<void> {
    if (this.#bridges.get(meetingId) === bridge) return;
    keepLatest(this.#bridges, meetingId, bridge);
    await this.#shared()?.add(meetingId, bridge);
  }

  async of(meetingId: string): Promise<AudioBridge | undefined> {
    const known = this.#bridges.get(meetingId);
    if (known !== undefined) return known;
    const shared = await this.#shared()?.of(meetingId);
    if (shared !== undefined) keepLatest(this.#bridges, meetingId, shared);
    return shared;
  }
}

/** The same for several instances. Without a response from Redis the bridge is unknown. */
export class RedisMeetingAudio implements AudioBridges {
  readonly #redis: RedisConnection;
  readonly #prefix: string;

  constructor(redis: RedisConnection, prefix: string) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  async add(meetingId: string, bridge: AudioBridge): Promise<void> {
    await this.#redis.command("SET", this.#keyOf(meetingId), bridge, "EX", String(redisTtlSeconds));
  }

  async of(meetingId: string): Promise<AudioBridge | undefined> {
    const answer = await this.#redis.command("GET", this.#keyOf(meetingId));
    return answer.ok && (answer.value === "freeswitch" || answer.value === "livekit") ? answer.value : undefined;
  }

  #keyOf(meetingId: string): string {
    return `{${this.#prefix}}:meeting-audio:${createHash("sha256").update(meetingId).digest("hex")}`;
  }
}

function keepLatest(bridges: Map<string, AudioBridge>, meetingId: string, bridge: AudioBridge): void {
  bridges.delete(meetingId);
  bridges.set(meetingId, bridge);
  for (const oldest of bridges.keys()) {
    if (bridges.size <= maxMeetings) break;
    bridges.delete(oldest);
  }
}
