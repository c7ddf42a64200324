import { type CodecName, frameSamples } from "../../softphone/rtp/g711.js";
import type { AudioSource } from "./audio-source.js";
import type { Channel } from "./channel.js";
import type { Execution } from "./execution.js";

/** Packets are up to 60 ms long and arrive with jitter. */
const gapMs = 100;
const silence = new Int16Array(frameSamples);

/** How a playback ended: complete or stopped. */
export type PlayEnd = "done" | "stopped";

/** A running playback. */
export interface Playing {
  readonly ended: Promise<PlayEnd>;
  readonly stop: () => void;
}

interface Playout {
  readonly source: AudioSource;
  readonly execution: Execution;
  readonly end: (how: PlayEnd) => void;
}

/** Sends one frame every 20 ms: the current playback, otherwise silence, unless a bridge feeds the channel. */
export class AudioOutput {
  readonly #channel: Channel;
  readonly #playouts: Playout[] = [];
  #stopPacing: (() => void) | undefined;
  #lastRelayed = 0;
  /** True while a bridge sends the other leg's packets. */
  relayed = false;
  /** In a bridge: send silence while the other leg sends no packets (bridge_generate_comfort_noise). */
  fillsGaps = false;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  start(): void {
    this.#stopPacing ??= this.#channel.engine.pacer.every(() => {
      this.#tick();
    });
  }

  stop(): void {
    this.#stopPacing?.();
    this.#stopPacing = undefined;
    for (const playout of this.#playouts.splice(0)) playout.end("stopped");
  }

  /** Plays for an application; paused while a nested application runs. */
  play(source: AudioSource, execution: Execution): Playing {
    let end: (how: PlayEnd) => void = () => undefined;
    const ended = new Promise<PlayEnd>((resolve) => {
      end = resolve;
    });
    const playout: Playout = { source, execution, end };
    if (this.#channel.isDown) end("stopped");
    else this.#playouts.push(playout);
    return {
      ended,
      stop: () => {
        this.#finish(playout, "stopped");
      },
    };
  }

  #tick(): void {
    const playout = this.#playouts.at(-1);
    if (playout?.execution.isInnermost === true) {
      const frame = playout.source.next();
      if (frame !== undefined) {
        this.#channel.media.send(frame);
        return;
      }
      this.#finish(playout, "done");
    }
    if (this.relayed ? this.#gapOpen() : this.#sendsSilence()) this.#channel.media.send(silence);
  }

  /** Relays a packet of the other leg. */
  relay(payload: Uint8Array, codec: CodecName): void {
    this.#lastRelayed = this.#channel.engine.clock.now();
    this.#channel.media.sendPayload(payload, codec);
  }

  #gapOpen(): boolean {
    return this.fillsGaps && this.#channel.engine.clock.now() - this.#lastRelayed > gapMs;
  }

  #sendsSilence(): boolean {
    const value = this.#channel.variable("send_silence_when_idle");
    return value !== undefined && value !== "0";
  }

  #finish(playout: Playout, how: PlayEnd): void {
    const at = this.#playouts.indexOf(playout);
    if (at < 0) return;
    this.#playouts.splice(at, 1);
    playout.end(how);
  }
}
