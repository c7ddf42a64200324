import type { Channel } from "./channel.js";

/** The existing channels, in order of creation. */
export class ChannelTable {
  readonly maxSessions: number;
  /** sessions-per-second of switch.conf. */
  readonly maxPerSecond: number;
  readonly #now: () => number;
  #second = 0;
  #inSecond = 0;
  readonly #channels = new Map<string, Channel>();
  #sinceStart = 0;
  #peak = 0;

  /** @param now monotonic milliseconds */
  constructor(maxSessions: number, maxPerSecond: number, now: () => number) {
    this.maxSessions = maxSessions;
    this.maxPerSecond = maxPerSecond;
    this.#now = now;
  }

  /** Channels created in this second. */
  get thisSecond(): number {
    return this.#second === Math.floor(this.#now() / 1_000) ? this.#inSecond : 0;
  }

  get size(): number {
    return this.#channels.size;
  }

  get sinceStart(): number {
    return this.#sinceStart;
  }

  get peak(): number {
    return this.#peak;
  }

  get isFull(): boolean {
    return this.#channels.size >= this.maxSessions || this.thisSecond >= this.maxPerSecond;
  }

  add(channel: Channel): void {
    this.#channels.set(channel.uuid, channel);
    this.#sinceStart += 1;
    this.#inSecond = this.thisSecond + 1;
    this.#second = Math.floor(this.#now() / 1_000);
    this.#peak = Math.max(this.#peak, this.#channels.size);
  }

  remove(channel: Channel): void {
    this.#channels.delete(channel.uuid);
  }

  get(uuid: string): Channel | undefined {
    return this.#channels.get(uuid);
  }

  all(): readonly Channel[] {
    return [...this.#channels.values()];
  }
}
