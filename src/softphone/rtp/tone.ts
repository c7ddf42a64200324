import { frameSamples } from "./g711.js";

export const sampleRate = 8000;
const fullScale = 32767;

/** A sine with continuous phase across frames. */
export class ToneGenerator {
  readonly #step: number;
  readonly #amplitude: number;
  #phase = 0;

  /** @param hz 1 to 3999. @param level linear, 0 to 1 of full scale. */
  constructor(hz: number, level = 0.3) {
    this.#step = (2 * Math.PI * hz) / sampleRate;
    this.#amplitude = Math.min(1, Math.max(0, level)) * fullScale;
  }

  next(samples: number = frameSamples): Int16Array {
    const pcm = new Int16Array(samples);
    for (let i = 0; i < samples; i++) {
      pcm[i] = Math.round(this.#amplitude * Math.sin(this.#phase));
      this.#phase += this.#step;
    }
    this.#phase %= 2 * Math.PI;
    return pcm;
  }
}

/** Goertzel: the share (0 to 1) of the frame's energy that lies at `hz`. A frame of 20 ms resolves 50 Hz. Silence gives 0. */
export function toneShare(pcm: Int16Array, hz: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * hz) / sampleRate);
  let s1 = 0;
  let s2 = 0;
  let energy = 0;
  for (const sample of pcm) {
    const s0 = sample + coefficient * s1 - s2;
    s2 = s1;
    s1 = s0;
    energy += sample * sample;
  }
  if (energy === 0) return 0;
  const power = s1 * s1 + s2 * s2 - coefficient * s1 * s2;
  return Math.min(1, (2 * power) / (energy * pcm.length));
}

/** Root mean square of the frame as a share of full scale, 0 to 1. */
export function loudness(pcm: Int16Array): number {
  let energy = 0;
  for (const sample of pcm) energy += sample * sample;
  return pcm.length === 0 ? 0 : Math.sqrt(energy / pcm.length) / fullScale;
}

export interface ToneDetectorOptions {
  /** Consecutive frames with the tone; default 5 (100 ms). */
  readonly frames?: number;
  /** Minimum share of the energy at the tone; default 0.5, so that a second talker does not mask it. */
  readonly share?: number;
  /** Minimum loudness, 0 to 1; default 0.005 (-46 dB). */
  readonly level?: number;
}

/** Detects one tone. */
export class ToneDetector {
  readonly hz: number;
  readonly #frames: number;
  readonly #share: number;
  readonly #level: number;
  #run = 0;
  #heard = false;

  constructor(hz: number, options: ToneDetectorOptions = {}) {
    this.hz = hz;
    this.#frames = options.frames ?? 5;
    this.#share = options.share ?? 0.5;
    this.#level = options.level ?? 0.005;
  }

  /** Returns true while the tone is present. */
  push(pcm: Int16Array): boolean {
    const present = loudness(pcm) >= this.#level && toneShare(pcm, this.hz) >= this.#share;
    this.#run = present ? this.#run + 1 : 0;
    if (this.present) this.#heard = true;
    return this.present;
  }

  /** Whether the tone is present now. */
  get present(): boolean {
    return this.#run >= this.#frames;
  }

  /** Whether the tone was present since the start or the last reset. */
  get heard(): boolean {
    return this.#heard;
  }

  reset(): void {
    this.#run = 0;
    this.#heard = false;
  }
}
