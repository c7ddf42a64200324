import { loudness, SAMPLE_RATE } from "./rtp/tone.js";
import { clearToneLevel, toneLevel } from "./tone-level.js";

export interface HeardTone {
  readonly hz: number;
  /** Amplitude as a share of full scale, 0 to 1. */
  readonly level: number;
}

/** A tone that has been there for a while without a break. */
export interface SteadyTone extends HeardTone {
  /** How long it had been there when that was noticed, give or take 40 ms: take it off when measuring delays. */
  readonly forMs: number;
}

export interface SoundWanted {
  /** Root mean square as a share of full scale; default 0.005 (-46 dB). */
  readonly level?: number;
  /** Tones that are not to count, in Hz. */
  readonly except?: readonly number[];
}

const MEMORY_SAMPLES = SAMPLE_RATE;
/** What `tones()` looks at: the last 400 ms. */
const LOOK_SAMPLES = 3200;
/** What a watch looks at with every frame: the last 100 ms. */
const WATCH_SAMPLES = 800;
/** Frames in a row that make a steady tone: 300 ms of sound in all, which no syllable lasts at one pitch. */
const STEADY_FRAMES = 11;
const STEADY_MS = 300;
/** A tone's edge fills at most the 5 frames of a look, so this many in a row are something else. */
const SOUND_FRAMES = 9;
const DEFAULT_SOUND_LEVEL = 0.005;

/** Listens to one direction of a call, frame by frame: which tones are in it, and is there anything else? */
export class Ear {
  readonly #memory = new Int16Array(MEMORY_SAMPLES);
  readonly #watches = new Set<() => void>();
  #filled = 0;

  /** Takes the next frame of up to a second. */
  hear(frame: Int16Array): void {
    const fresh = frame.length > MEMORY_SAMPLES ? frame.subarray(frame.length - MEMORY_SAMPLES) : frame;
    this.#memory.copyWithin(0, fresh.length);
    this.#memory.set(fresh, MEMORY_SAMPLES - fresh.length);
    this.#filled = Math.min(MEMORY_SAMPLES, this.#filled + fresh.length);
    for (const watch of [...this.#watches]) watch();
  }

  /** Those of the candidates that are heard now (last 400 ms), loudest first. Candidates are 150 Hz apart or more. */
  tones(candidates: readonly number[]): HeardTone[] {
    const pcm = this.#last(LOOK_SAMPLES);
    return candidates
      .map((hz) => ({ hz, level: clearToneLevel(pcm, hz) }))
      .filter((tone) => tone.level > 0)
      .sort((one, other) => other.level - one.level);
  }

  /** Root mean square of the last 100 ms, 0 to 1. */
  loudness(): number {
    return loudness(this.#last(WATCH_SAMPLES));
  }

  get watches(): number {
    return this.#watches.size;
  }

  /** Calls back once as soon as the tone has been steady for 300 ms; returns how to stop. */
  watchTone(hz: number, onHeard: (tone: SteadyTone) => void): () => void {
    let levels: number[] = [];
    return this.#watch((pcm) => {
      const level = clearToneLevel(pcm, hz);
      levels = level === 0 ? [] : [...levels, level].slice(-STEADY_FRAMES);
      if (levels.length < STEADY_FRAMES) return false;
      const loudest = Math.max(...levels);
      if (loudest > 2 * Math.min(...levels)) return false;
      onHeard({ hz, level: loudest, forMs: STEADY_MS });
      return true;
    });
  }

  /** Calls back once as soon as there has been sound other than the given tones for about 200 ms; returns how to stop. */
  watchSound(wanted: SoundWanted, onHeard: (level: number) => void): () => void {
    const least = wanted.level ?? DEFAULT_SOUND_LEVEL;
    let frames = 0;
    return this.#watch((pcm) => {
      const tonePower = (wanted.except ?? []).reduce((sum, hz) => sum + toneLevel(pcm, hz) ** 2 / 2, 0);
      const power = loudness(pcm) ** 2;
      // What is left of a pure tone after taking it away is rounding, well under a twentieth of its power.
      const rest = power - tonePower < 0.05 * tonePower ? 0 : Math.sqrt(power - tonePower);
      frames = rest >= least ? frames + 1 : 0;
      if (frames < SOUND_FRAMES) return false;
      onHeard(rest);
      return true;
    });
  }

  /** Looks at every new frame until `look` returns true. */
  #watch(look: (pcm: Int16Array) => boolean): () => void {
    const watch = (): void => {
      if (this.#filled >= WATCH_SAMPLES && look(this.#last(WATCH_SAMPLES))) this.#watches.delete(watch);
    };
    this.#watches.add(watch);
    return () => {
      this.#watches.delete(watch);
    };
  }

  #last(samples: number): Int16Array {
    return this.#memory.subarray(MEMORY_SAMPLES - Math.min(samples, this.#filled));
  }
}
