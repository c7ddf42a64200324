import { writeFile } from "node:fs/promises";

import { sampleRate } from "./rtp/tone.js";
import { writeWav } from "./rtp/wav.js";

const defaultMaxMs = 120_000;

/** A call's received audio, 8 kHz mono, in memory only. Beyond the limit the oldest audio is dropped. */
export class Recording {
  readonly #limit: number;
  #frames: Int16Array[] = [];
  #samples = 0;
  #dropped = 0;

  constructor(maxMs = defaultMaxMs) {
    this.#limit = Math.max(1, Math.round((maxMs * sampleRate) / 1000));
  }

  add(frame: Int16Array): void {
    this.#frames.push(frame);
    this.#samples += frame.length;
    let gone = 0;
    for (; this.#samples > this.#limit && gone < this.#frames.length; gone++) {
      const length = this.#frames[gone]?.length ?? 0;
      this.#samples -= length;
      this.#dropped += length;
    }
    if (gone > 0) this.#frames = this.#frames.slice(gone);
  }

  /** Milliseconds of sound since the beginning, including the dropped part. */
  get durationMs(): number {
    return ((this.#dropped + this.#samples) * 1000) / sampleRate;
  }

  /** Milliseconds dropped from the front. */
  get droppedMs(): number {
    return (this.#dropped * 1000) / sampleRate;
  }

  /** A copy of the kept audio, from `fromMs` after the beginning of the call. */
  pcm(fromMs = 0): Int16Array {
    const all = new Int16Array(this.#samples);
    let at = 0;
    for (const frame of this.#frames) {
      all.set(frame, at);
      at += frame.length;
    }
    return all.subarray(Math.max(0, Math.round((fromMs * sampleRate) / 1000) - this.#dropped));
  }

  wav(): Buffer {
    return writeWav(this.pcm());
  }

  /** Rejects when the file can't be written. */
  async writeTo(path: string): Promise<void> {
    await writeFile(path, this.wav());
  }
}
