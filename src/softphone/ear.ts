import { loudness, sampleRate } from "./rtp/tone.js";
import { clearToneLevel, toneLevel } from "./tone-level.js";

export interface HeardTone {
  readonly hz: number;
  /** Amplitude as a share of full scale, 0 to 1. */
  readonly level: number;
}

/** A tone heard without interruption. */
export interface SteadyTone extends HeardTone {
  /** Duration of the tone at detection, +-40 ms: subtract it when measuring delays. */
  readonly forMs: number;
}

export interface SoundWanted {
  /** Root mean square as a share of full scale; default 0.005 (-46 dB). */
  readonly level?: number;
  /** Tones to ignore, in Hz. */
  readonly except?: readonly number[];
}

const memorySamples = sampleRate;
/** Window of `tones()`: the last 400 ms. */
const lookSamples = 3200;
/** Window of a watch, evaluated with each frame: the last 100 ms. */
const watchSamples = 800;
/** Consecutive frames of a steady tone: 300 ms of sound in all. No syllable keeps one pitch that long. */
const steadyFrames = 11;
const steadyMs = 300;
/** A tone's edge fills at most the 5 frames of a window; more frames in a row are another sound. */
const soundFrames = 9;
const defaultSoundLevel = 0.005;

/** Analyses one direction of a call, frame by frame: tones, and any other sound. */
export class Ear {
  readonly #memory = new Int16Array(memorySamples);
  readonly #watches = new Set<() => void>();
  #filled = 0;

  /** Takes the next frame of up to a second. */
  hear(frame: Int16Array): void {
    const fresh = frame.length > memorySamples ? frame.subarray(frame.length - memorySamples) : frame;
    this.#memory.copyWithin(0, fresh.length);
    this.#memory.set(fresh, memorySamples - fresh.length);
    this.#filled = Math.min(memorySamples, this.#filled + fresh.length);
    for (const watch of [...this.#watches]) watch();
  }

  /** The candidates that are audible in the last 400 ms, loudest first. Candidates must be at least 150 Hz apart. */
  tones(candidates: readonly number[]): HeardTone[] {
    const pcm = this.#last(lookSamples);
    return candidates
      .map((hz) => ({ hz, level: clearToneLevel(pcm, hz) }))
      .filter((tone) => tone.level > 0)
      .sort((one, other) => other.level - one.level);
  }

  /** Root mean square of the last 100 ms, 0 to 1. */
  loudness(): number {
    return loudness(this.#last(watchSamples));
  }

  get watches(): number {
    return this.#watches.size;
  }

  /** Calls back once, when the tone has been steady for 300 ms. Returns an unsubscribe function. */
  watchTone(hz: number, onHeard: (tone: SteadyTone) => void): () => void {
    let levels: number[] = [];
    return this.#watch((pcm) => {
      const level = clearToneLevel(pcm, hz);
      levels = level === 0 ? [] : [...levels, level].slice(-steadyFrames);
      if (levels.length < steadyFrames) return false;
      const loudest = Math.max(...levels);
      if (loudest > 2 * Math.min(...levels)) return false;
      onHeard({ hz, level: loudest, forMs: steadyMs });
      return true;
    });
  }

  /** Calls back once, after about 200 ms of sound other than the given tones. Returns an unsubscribe function. */
  watchSound(wanted: SoundWanted, onHeard: (level: number) => void): () => void {
    const least = wanted.level ?? defaultSoundLevel;
    let frames = 0;
    return this.#watch((pcm) => {
      const tonePower = (wanted.except ?? []).reduce((sum, hz) => sum + toneLevel(pcm, hz) ** 2 / 2, 0);
      const power = loudness(pcm) ** 2;
      // The residue of a pure tone is rounding, well under a twentieth of its power.
      const rest = power - tonePower < 0.05 * tonePower ? 0 : Math.sqrt(power - tonePower);
      frames = rest >= least ? frames + 1 : 0;
      if (frames < soundFrames) return false;
      onHeard(rest);
      return true;
    });
  }

  /** Calls `look` for each new frame until it returns true. */
  #watch(look: (pcm: Int16Array) => boolean): () => void {
    const watch = (): void => {
      if (this.#filled >= watchSamples && look(this.#last(watchSamples))) this.#watches.delete(watch);
    };
    this.#watches.add(watch);
    return () => {
      this.#watches.delete(watch);
    };
  }

  #last(samples: number): Int16Array {
    return this.#memory.subarray(memorySamples - Math.min(samples, this.#filled));
  }
}
