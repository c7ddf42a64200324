import type { Channel } from "./channel.js";

/** The existing channels, in order of creation. */
export class ChannelTable {
  readonly maxSessions: number;
  readonly #channels = new Map<string, Channel>();
  #sinceStart = 0;
  #peak = 0;

  constructor(maxSessions: number) {
    this.maxSessions = maxSessions;
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
    return this.#channels.size >= this.maxSessions;
  }

  add(channel: Channel): void {
    this.#channels.set(channel.uuid, channel);
    this.#sinceStart += 1;
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
