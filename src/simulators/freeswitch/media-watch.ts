import type { Channel } from "./channel.js";

/** Frames between two checks: 100 ms. */
const every = 5;

/**
 * Ends a channel whose peer sends no RTP. FreeSWITCH reads the variables only at the answer and at each
 * re-INVITE. With media_timeout its media_hold_timeout has no effect: the re-INVITE that puts a call on hold sets media_timeout
 * after it (check_media_timeout_params, 1.10.12). The older rtp_timeout_sec and rtp_hold_timeout_sec change with a hold.
 */
export class MediaWatch {
  readonly #channel: Channel;
  #limitMs: number | undefined;
  #startedAt = 0;
  #frames = 0;
  #stop: (() => void) | undefined;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** The media was negotiated or renegotiated: restarts the timeout with the current variables. */
  start(): void {
    const { engine } = this.#channel;
    this.#startedAt = engine.clock.now();
    this.#limitMs = this.#number("media_timeout") ?? scale(this.#olderLimit());
    if (this.#limitMs === undefined) return;
    this.#stop ??= engine.pacer.every(() => {
      this.#frames = (this.#frames + 1) % every;
      if (this.#frames === 0) this.#look();
    });
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  #look(): void {
    if (this.#limitMs === undefined) return;
    const last = Math.max(this.#startedAt, this.#channel.media.stats().lastPacketAt ?? 0);
    if (this.#channel.engine.clock.now() - last > this.#limitMs) this.#channel.hangUp("MEDIA_TIMEOUT");
  }

  #olderLimit(): number | undefined {
    const { rtpTimeouts, farHold } = this.#channel;
    const timeout = this.#number("rtp_timeout_sec") ?? rtpTimeouts?.timeoutSec;
    if (timeout === undefined || !farHold.isOn) return timeout;
    return this.#number("rtp_hold_timeout_sec") ?? rtpTimeouts?.holdTimeoutSec ?? timeout * 10;
  }

  #number(variable: string): number | undefined {
    const value = Number(this.#channel.variable(variable));
    return Number.isFinite(value) && value > 0 ? value : undefined;
  }
}

function scale(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}
