import type { Channel } from "./channel.js";

/** Frames between two looks: 100 ms. */
const EVERY = 5;
const HOLD_FACTOR = 10;

/** Ends a channel whose far end sends no RTP any more (media_timeout and the older rtp_timeout_sec). */
export class MediaWatch {
  readonly #channel: Channel;
  #startedAt = 0;
  #frames = 0;
  #stop: (() => void) | undefined;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  start(): void {
    const { engine } = this.#channel;
    this.#startedAt = engine.clock.now();
    this.#stop ??= engine.pacer.every(() => {
      this.#frames = (this.#frames + 1) % EVERY;
      if (this.#frames === 0) this.#look();
    });
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  #look(): void {
    const limit = this.#limitMs();
    if (limit === undefined) return;
    const last = Math.max(this.#startedAt, this.#channel.media.stats().lastPacketAt ?? 0);
    if (this.#channel.engine.clock.now() - last > limit) this.#channel.hangUp("MEDIA_TIMEOUT");
  }

  #limitMs(): number | undefined {
    const milliseconds = this.#number("media_timeout") ?? scale(this.#number("rtp_timeout_sec"));
    if (milliseconds === undefined) return undefined;
    if (!this.#channel.held) return milliseconds;
    return this.#number("media_hold_timeout") ?? scale(this.#number("rtp_hold_timeout_sec")) ?? milliseconds * HOLD_FACTOR;
  }

  #number(variable: string): number | undefined {
    const value = Number(this.#channel.variable(variable));
    return Number.isFinite(value) && value > 0 ? value : undefined;
  }
}

function scale(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}
