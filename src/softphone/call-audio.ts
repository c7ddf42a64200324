import { Ear, type HeardTone, type SoundWanted, type SteadyTone } from "./ear.js";
import type { PendingWaits } from "./pending-waits.js";
import type { KnownPrompt } from "./prompt-library.js";
import { type PromptMatch, PromptRecogniser } from "./prompt-recognition.js";
import { Recording } from "./recording.js";
import type { MediaSession, MediaStats } from "./rtp/media-session.js";
import type { Pacer } from "./rtp/pacer.js";
import { Speaker } from "./speaker.js";

/** Frames from one look for a prompt to the next. */
const LOOK_EVERY_FRAMES = 5;

/** Both directions of a call's sound: what it says, and everything that can be found out about what it hears. */
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

  /** Hands over every frame that is heard from now on, 20 ms at 8 kHz; the returned function stops that. */
  onFrame(listener: (pcm: Int16Array) => void): () => void {
    this.#frameListeners.add(listener);
    return () => {
      this.#frameListeners.delete(listener);
    };
  }

  /** Those of the candidates that are heard now, loudest first; candidates 150 Hz apart or more. */
  tones(candidates: readonly number[]): HeardTone[] {
    return this.#ear.tones(candidates);
  }

  /** Root mean square of the last 100 ms, 0 to 1 of full scale. */
  loudness(): number {
    return this.#ear.loudness();
  }

  /** Resolves when a tone has been heard for 300 ms; undefined when the time or the call is over. */
  waitForTone(hz: number, timeoutMs: number): Promise<SteadyTone | undefined> {
    return this.#waits.until(timeoutMs, (found) => this.#ear.watchTone(hz, found));
  }

  /** Resolves with the loudness when there is something other than the given tones; undefined when the time or the call is over. */
  waitForSound(timeoutMs: number, wanted: SoundWanted = {}): Promise<number | undefined> {
    return this.#waits.until(timeoutMs, (found) => this.#ear.watchSound(wanted, found));
  }

  /** From now on prompts are recognised as they are heard. Times count from here. */
  listenForPrompts(prompts: readonly KnownPrompt[]): void {
    this.#prompts = new PromptRecogniser(prompts);
  }

  /** The prompts heard since `listenForPrompts`, in order of time. */
  prompts(): PromptMatch[] {
    return this.#prompts?.matches() ?? [];
  }

  /**
   * Resolves when a prompt is being played, about 600 ms after it began, or with `whole` when it has been played to its end.
   * Undefined when the time or the call is over. What only begins like it is told from it no sooner than it differs.
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
        if (this.#frames % LOOK_EVERY_FRAMES === 0) look();
      });
      look();
      return stop;
    });
  }

  /** Stops both directions; what was heard can still be asked for. */
  close(): void {
    this.speaker.close();
    this.#media.onFrame = undefined;
  }
}
