import type { CallAudio } from "../softphone/call-audio.js";
import type { PendingWaits } from "../softphone/pending-waits.js";
import type { KnownPrompt } from "../softphone/prompt-library.js";
import { frameMs } from "../softphone/rtp/pacer.js";
import { HeardPrompts } from "./heard-prompts.js";
import type { HeardPrompt } from "./probe-event.js";

/** Audio frames between two recognition passes. */
const lookEveryFrames = 10;

/** The receiving side of a test call: recognises einwahl's recordings and waits for them. */
export class Hearing {
  readonly #audio: CallAudio;
  readonly #waits: PendingWaits;
  readonly #onPrompt: (prompt: HeardPrompt) => void;
  readonly #heard = new HeardPrompts();
  readonly #lookers = new Set<() => void>();
  readonly #stop: () => void;
  #frames = 0;

  constructor(
    audio: CallAudio,
    prompts: readonly KnownPrompt[],
    waits: PendingWaits,
    onPrompt: (prompt: HeardPrompt) => void,
  ) {
    this.#audio = audio;
    this.#waits = waits;
    this.#onPrompt = onPrompt;
    audio.listenForPrompts(prompts);
    this.#stop = audio.onFrame(() => {
      this.#frames += 1;
      if (this.#frames % lookEveryFrames === 0) this.#look();
    });
  }

  /** The recordings heard so far, in order of time. */
  get prompts(): readonly HeardPrompt[] {
    return this.#heard.all;
  }

  /** Received audio in milliseconds. */
  get audioMs(): number {
    return this.#frames * frameMs;
  }

  /** Audio since the end of the last known recording, in milliseconds. */
  get quietMs(): number {
    return this.audioMs - this.#heard.lastEndMs;
  }

  /** Calls `find` after each recognition pass and resolves with its result; `undefined` after the timeout or the call's end. */
  until<Found>(find: () => Found | undefined, timeoutMs: number): Promise<Found | undefined> {
    return this.#waits.until<Found>(timeoutMs, (found) => {
      const looker = (): void => {
        const something = find();
        if (something !== undefined) found(something);
      };
      this.#lookers.add(looker);
      looker();
      return () => {
        this.#lookers.delete(looker);
      };
    });
  }

  close(): void {
    this.#stop();
  }

  #look(): void {
    for (const prompt of this.#heard.look(this.#audio.prompts())) this.#onPrompt(prompt);
    for (const looker of [...this.#lookers]) looker();
  }
}
