import { Ear, type HeardTone, type SoundWanted, type SteadyTone } from "./ear.js";
import type { PendingWaits } from "./pending-waits.js";
import type { KnownPrompt } from "./prompt-library.js";
import { type PromptMatch, PromptRecogniser } from "./prompt-recognition.js";
import { Recording } from "./recording.js";
import type { MediaSession, MediaStats } from "./rtp/media-session.js";
import type { Pacer } from "./rtp/pacer.js";
import { Speaker } from "./speaker.js";

/** Frames between two searches for a prompt. */
const lookEveryFrames = 5;

/** Both directions of a call's audio: the sent audio, and the analysis of the received audio. */
export class CallAudio {
  readonly recording: Recording;
  readonly speaker: Speaker;
  readonly #media: MediaSession;
  readonly #waits: PendingWaits;
  readonly #ear = new Ear();
  readonly #frameListeners = new Set<(pcm: Int16Array) => void>();
  #frames = 0;
  #prompts: PromptRecogniser | undefined;

  constructor(media: MediaSession, parts: { pacer: Pacer; waits: PendingWaits; maxRecordingMs: number }) {
    this.#media = media;
    this.#waits = parts.waits;
    this.recording = new Recording(parts.maxRecordingMs);
    this.speaker = new Speaker(parts.pacer, (pcm) => {
      media.send(pcm);
    });
    media.onFrame = (pcm) => {
      this.#frames += 1;
      this.recording.add(pcm);
      this.#ear.hear(pcm);
      this.#prompts?.push(pcm);
      for (const listener of [...this.#frameListeners]) listener(pcm);
    };
  }

  get stats(): MediaStats {
    return this.#media.stats();
  }

  /** Calls `listener` for each received frame, 20 ms at 8 kHz. Returns an unsubscribe function. */
  onFrame(listener: (pcm: Int16Array) => void): () => void {
    this.#frameListeners.add(listener);
    return () => {
      this.#frameListeners.delete(listener);
    };
  }

  /** The candidates that are audible now, loudest first. Candidates must be at least 150 Hz apart. */
  tones(candidates: readonly number[]): HeardTone[] {
    return this.#ear.tones(candidates);
  }

  /** Root mean square of the last 100 ms, 0 to 1 of full scale. */
  loudness(): number {
    return this.#ear.loudness();
  }

  /** Resolves when a tone has been heard for 300 ms, or with undefined on timeout or at the end of the call. */
  waitForTone(hz: number, timeoutMs: number): Promise<SteadyTone | undefined> {
    return this.#waits.until(timeoutMs, (found) => this.#ear.watchTone(hz, found));
  }

  /** Resolves with the loudness of a sound other than the given tones, or with undefined on timeout or at the end of the call. */
  waitForSound(timeoutMs: number, wanted: SoundWanted = {}): Promise<number | undefined> {
    return this.#waits.until(timeoutMs, (found) => this.#ear.watchSound(wanted, found));
  }

  /** Starts prompt recognition. Times count from this call. */
  listenForPrompts(prompts: readonly KnownPrompt[]): void {
    this.#prompts = new PromptRecogniser(prompts);
  }

  /** The prompts heard since `listenForPrompts`, in order of time. */
  prompts(): PromptMatch[] {
    return this.#prompts?.matches() ?? [];
  }

  /**
   * Resolves about 600 ms after a prompt began, or with `whole` when it has been played to its end.
   * Undefined on timeout or at the end of the call. Prompts with the same beginning are distinguished only where they differ.
   *
   * @param fromMs since `listenForPrompts`; a prompt that began before does not count
   */
  waitForPrompt(name: string, timeoutMs: number, { whole = false, fromMs = 0 } = {}): Promise<PromptMatch | undefined> {
    return this.#waits.until(timeoutMs, (found) => {
      const look = (): void => {
        const match = this.#prompts?.heard(name, fromMs, whole);
        if (match !== undefined) found(match);
      };
      const stop = this.onFrame(() => {
        if (this.#frames % lookEveryFrames === 0) look();
      });
      look();
      return stop;
    });
  }

  /** Stops both directions. The analysis stays available. */
  close(): void {
    this.speaker.close();
    this.#media.onFrame = undefined;
  }
}
