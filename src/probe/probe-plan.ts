import type { Language } from "../caller/language.js";
import type { KnownPrompt } from "../softphone/prompt-library.js";
import type { DialOptions, TestPhoneOptions } from "../softphone/test-phone.js";
import type { WavFile } from "../softphone/wav-file.js";
import type { Latch } from "../util/latch.js";

/** What a test call is to do. Durations are milliseconds. */
export interface ProbePlan {
  readonly phone: TestPhoneOptions;
  readonly dial: DialOptions;
  readonly answerTimeoutMs: number;
  /** Digits, typed when the prompt asks for them, with `#` after them. Without, the call only listens. */
  readonly pin: string | undefined;
  /** Greeted in another language, the caller switches (`**`). */
  readonly language: Language | undefined;
  /** The recordings that may be heard, by language: `de/enter-pin`. */
  readonly prompts: readonly KnownPrompt[];
  /** A tone is whistled from the PIN on; a recording is played once, when the call is in the conference. */
  readonly play: { readonly hz: number } | { readonly pcm: Int16Array } | undefined;
  /** Hz. */
  readonly expectTone: number | undefined;
  /** Takes what is heard; closed at the end. */
  readonly recording: WavFile | undefined;
  /** How long the call stays when it is where it was to go. */
  readonly stayMs: number;
  /** Ends the stay before that. */
  readonly enough?: Latch<true>;
}
