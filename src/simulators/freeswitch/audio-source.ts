import { frameSamples } from "../../softphone/rtp/g711.js";

/** Audio in frames of 20 ms, 8 kHz mono. */
export interface AudioSource {
  /** Always 160 samples; undefined at the end. */
  next(): Int16Array | undefined;
  /** Samples returned so far. */
  readonly played: number;
}

const silence = new Int16Array(frameSamples);

/** Recorded or generated samples, played once or repeatedly. */
export class PcmSource implements AudioSource {
  readonly #pcm: Int16Array;
  #turns: number;
  #at: number;
  played = 0;

  /** @param turns repetitions; Infinity: endless. @param start the first sample of the first turn */
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
    const rest = this.#pcm.subarray(this.#at, this.#at + frameSamples);
    this.#at += frameSamples;
    this.played += rest.length;
    if (rest.length === frameSamples) return rest;
    const frame = new Int16Array(frameSamples);
    frame.set(rest);
    return frame;
  }
}

/** silence_stream. */
export class SilenceSource implements AudioSource {
  #left: number;
  played = 0;

  /** @param milliseconds Infinity: endless */
  constructor(milliseconds: number) {
    this.#left = milliseconds * 8;
  }

  next(): Int16Array | undefined {
    if (this.#left <= 0) return undefined;
    this.#left -= frameSamples;
    this.played += frameSamples;
    return silence;
  }
}

/** Plays parts in sequence. A part is opened when its turn comes and skipped if unavailable. */
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
        this.played += frameSamples;
        return frame;
      }
      this.#current = this.#parts.shift()?.();
    }
    return undefined;
  }
}
