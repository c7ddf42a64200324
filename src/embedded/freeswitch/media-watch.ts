import type { Channel } from "./channel.js";

/** Frames between two looks: 100 ms. */
const EVERY = 5;
const HOLD_FACTOR = 10;

/**
 * Ends a channel whose far end sends no RTP any more (media_timeout and the older rtp_timeout_sec). The limits are
 * those of the moment of the answer: FreeSWITCH reads the variables then and not later.
 */
export class MediaWatch {
  readonly #channel: Channel;
  #limits: { readonly normal: number; readonly held: number } | undefined;
  #startedAt = 0;
  #frames = 0;
  #stop: (() => void) | undefined;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  start(): void {
    const { engine } = this.#channel;
    this.#startedAt = engine.clock.now();
    this.#limits = this.#readLimits();
    if (this.#limits === undefined) return;
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
    if (this.#limits === undefined) return;
    const limit = this.#channel.held ? this.#limits.held : this.#limits.normal;
    const last = Math.max(this.#startedAt, this.#channel.media.stats().lastPacketAt ?? 0);
    if (this.#channel.engine.clock.now() - last > limit) this.#channel.hangUp("MEDIA_TIMEOUT");
  }

  #readLimits(): { readonly normal: number; readonly held: number } | undefined {
    const normal = this.#number("media_timeout") ?? scale(this.#number("rtp_timeout_sec"));
    if (normal === undefined) return undefined;
    return { normal, held: this.#number("media_hold_timeout") ?? scale(this.#number("rtp_hold_timeout_sec")) ?? normal * HOLD_FACTOR };
  }

  #number(variable: string): number | undefined {
    const value = Number(this.#channel.variable(variable));
    return Number.isFinite(value) && value > 0 ? value : undefined;
  }
}

function scale(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}
