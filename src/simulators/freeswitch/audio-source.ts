import { FRAME_SAMPLES } from "../../softphone/rtp/g711.js";

/** Audio in frames of 20 ms, 8 kHz mono. */
export interface AudioSource {
  /** Always 160 samples; undefined at the end. */
  next(): Int16Array | undefined;
  /** Samples handed out so far. */
  readonly played: number;
}

const SILENCE = new Int16Array(FRAME_SAMPLES);

/** Recorded or computed samples, played once or over and over. */
export class PcmSource implements AudioSource {
  readonly #pcm: Int16Array;
  #turns: number;
  #at: number;
  played = 0;

  /** @param turns how often; Infinity without end. @param start the first sample of the first turn */
  constructor(pcm: Int16Array, turns = 1, start = 0) {
    this.#pcm = pcm;
    this.#turns = pcm.length === 0 ? 0 : turns;
    this.#at = start;
  }

  next(): Int16Array | undefined {
    if (this.#at >= this.#pcm.length) {
      this.#turns -= 1;
      this.#at = 0;
    }
    if (this.#turns <= 0) return undefined;
    const rest = this.#pcm.subarray(this.#at, this.#at + FRAME_SAMPLES);
    this.#at += FRAME_SAMPLES;
    this.played += rest.length;
    if (rest.length === FRAME_SAMPLES) return rest;
    const frame = new Int16Array(FRAME_SAMPLES);
    frame.set(rest);
    return frame;
  }
}

/** silence_stream. */
export class SilenceSource implements AudioSource {
  #left: number;
  played = 0;

  /** @param milliseconds Infinity without end */
  constructor(milliseconds: number) {
    this.#left = milliseconds * 8;
  }

  next(): Int16Array | undefined {
    if (this.#left <= 0) return undefined;
    this.#left -= FRAME_SAMPLES;
    this.played += FRAME_SAMPLES;
    return SILENCE;
  }
}

/** One after the other. A part is opened when its turn comes; one that can't be opened is left out. */
export class SequenceSource implements AudioSource {
  readonly #parts: (() => AudioSource | undefined)[];
  #current: AudioSource | undefined;
  played = 0;

  constructor(parts: readonly (() => AudioSource | undefined)[]) {
    this.#parts = [...parts];
  }

  next(): Int16Array | undefined {
    for (let turns = this.#parts.length; turns >= 0; turns--) {
      const frame = this.#current?.next();
      if (frame !== undefined) {
        this.played += FRAME_SAMPLES;
        return frame;
      }
      this.#current = this.#parts.shift()?.();
    }
    return undefined;
  }
}
