import { createHash } from "node:crypto";

import type { WithheldRemovals } from "../call/interfaces.js";
import type { RedisConnection } from "./redis-connection.js";

/** The oldest are dropped first. */
const maxMeetings = 10_000;
/** Expiry in Redis in seconds: seven days, the retention of all data. */
const redisTtlSeconds = 604_800;

/** Meetings from which a caller without a usable number was removed: BBB cannot ban a caller whose pseudonym changes with each call. */
export class Removals implements WithheldRemovals {
  readonly #meetings = new Set<string>();
  readonly #shared: () => WithheldRemovals | undefined;

  /** @param shared the removals of all instances; `undefined`: single instance */
  constructor(shared: () => WithheldRemovals | undefined) {
    this.#shared = shared;
  }

  /** @param meetingId BBB's internal meeting id, which is never reused */
  async add(meetingId: string): Promise<void> {
    this.#meetings.delete(meetingId);
    this.#meetings.add(meetingId);
    for (const oldest of this.#meetings) {
      if (this.#meetings.size <= maxMeetings) break;
      this.#meetings.delete(oldest);
    }
    await this.#shared()?.add(meetingId);
  }

  async has(meetingId: string): Promise<boolean> {
    return this.#meetings.has(meetingId) || ((await this.#shared()?.has(meetingId)) ?? false);
  }
}

/** The same for several instances. Without a response from Redis there is no removal. */
export class RedisRemovals implements WithheldRemovals {
  readonly #redis: RedisConnection;
  readonly #prefix: string;

  constructor(redis: RedisConnection, prefix: string) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  async add(meetingId: string): Promise<void> {
    await this.#redis.command("SET", this.#keyOf(meetingId), "1", "EX", String(redisTtlSeconds));
  }

  async has(meetingId: string): Promise<boolean> {
    const answer = await this.#redis.command("EXISTS", this.#keyOf(meetingId));
    return answer.ok && answer.value === 1;
  }

  #keyOf(meetingId: string): string {
    return `{${this.#prefix}}:withheld-removal:${createHash("sha256").update(meetingId).digest("hex")}`;
  }
}
