import { Ear, type HeardTone } from "../../../src/softphone/ear.js";
import type { KnownPrompt } from "../../../src/softphone/prompt-library.js";
import { type PromptMatch, PromptRecogniser } from "../../../src/softphone/prompt-recognition.js";
import { Recording } from "../../../src/softphone/recording.js";
import { frameSamples } from "../../../src/softphone/rtp/g711.js";
import { inTime, timeoutMs } from "../../support/deadline.js";

/** Milliseconds of new sound between two searches for prompts: a search costs more than listening. */
const lookEveryMs = 200;

/** Listens at one end of a call: waits for tones and prompts. 8 kHz, mono. */
export class Listener {
  readonly #prompts: readonly KnownPrompt[];
  readonly #looks = new Set<() => void>();
  readonly #ear = new Ear();
  #recogniser: PromptRecogniser;
  #recording = new Recording();
  #rest = new Int16Array(0);
  #sinceLook = 0;

  constructor(prompts: readonly KnownPrompt[]) {
    this.#prompts = prompts;
    this.#recogniser = new PromptRecogniser(prompts);
  }

  /** Starts a new call: earlier audio does not count. */
  reset(): void {
    this.#recogniser = new PromptRecogniser(this.#prompts);
    this.#recording = new Recording();
    this.#rest = new Int16Array(0);
  }

  hear(pcm: Int16Array): void {
    this.#recording.add(pcm);
    this.#recogniser.push(pcm);
    const all = new Int16Array(this.#rest.length + pcm.length);
    all.set(this.#rest);
    all.set(pcm, this.#rest.length);
    let at = 0;
    for (; at + frameSamples <= all.length; at += frameSamples) this.#ear.hear(all.subarray(at, at + frameSamples));
    this.#rest = all.slice(at);
    this.#sinceLook += (pcm.length * 1000) / 8000;
    if (this.#sinceLook < lookEveryMs) return;
    this.#sinceLook = 0;
    for (const look of [...this.#looks]) look();
  }

  /** Milliseconds of sound so far. */
  get heardMs(): number {
    return this.#recording.durationMs;
  }

  pcm(fromMs = 0): Int16Array {
    return this.#recording.pcm(fromMs);
  }

  prompts(fromMs = 0): PromptMatch[] {
    return this.#recogniser.matches(fromMs);
  }

  /** Waits until the tone is steady. */
  async tone(hz: number, ms = timeoutMs): Promise<HeardTone> {
    let stop: () => void = () => undefined;
    const heard = new Promise<HeardTone>((resolve) => {
      stop = this.#ear.watchTone(hz, resolve);
    });
    try {
      return await inTime(`a tone of ${hz} Hz`, heard, ms, () => this.#evidence());
    } finally {
      stop();
    }
  }

  /** The candidates that sound now. */
  tonesNow(candidates: readonly number[]): HeardTone[] {
    return this.#ear.tones(candidates);
  }

  /** Waits until the prompt `name` (`de/welcome`) is recognised, at its beginning or, optionally, at its end. */
  async prompt(
    name: string,
    options: { readonly fromMs?: number; readonly whole?: boolean; readonly ms?: number } = {},
  ): Promise<PromptMatch> {
    const { fromMs = 0, whole = false, ms = timeoutMs } = options;
    let stop: () => void = () => undefined;
    const heard = new Promise<PromptMatch>((resolve) => {
      const look = (): void => {
        const match = this.#recogniser.heard(name, fromMs, whole);
        if (match === undefined) return;
        this.#looks.delete(look);
        resolve(match);
      };
      stop = () => {
        this.#looks.delete(look);
      };
      this.#looks.add(look);
      look();
    });
    try {
      return await inTime(`the prompt ${name}`, heard, ms, () => this.#evidence());
    } finally {
      stop();
    }
  }

  #evidence(): string {
    const prompts = this.prompts().map(
      (match) => `${match.name} at ${Math.round(match.offsetMs)} for ${Math.round(match.heardMs)} ms`,
    );
    return `heard ${Math.round(this.heardMs)} ms: ${prompts.join(", ")}; loudness now ${this.#ear.loudness().toFixed(4)}`;
  }
}
