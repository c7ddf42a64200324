import type { Language } from "../caller/language.js";
import type { KnownPrompt } from "../softphone/prompt-library.js";
import type { DialOptions, TestPhoneOptions } from "../softphone/test-phone.js";
import type { WavFile } from "../softphone/wav-file.js";
import type { Latch } from "../util/latch.js";

/** The plan of a test call. Durations are in milliseconds. */
export interface ProbePlan {
  readonly phone: TestPhoneOptions;
  readonly dial: DialOptions;
  readonly answerTimeoutMs: number;
  /** Digits, sent after the PIN prompt, followed by `#`. `undefined`: the call only listens. */
  readonly pin: string | undefined;
  /** After a greeting in another language, the caller switches (`**`). */
  readonly language: Language | undefined;
  /** The expected recordings, by language: `de/enter-pin`. */
  readonly prompts: readonly KnownPrompt[];
  /** A tone is sent from the PIN on; a recording is played once, after joining. */
  readonly play: { readonly hz: number } | { readonly pcm: Int16Array } | undefined;
  /** Hz. */
  readonly expectTone: number | undefined;
  /** Records received audio; closed at the end. */
  readonly recording: WavFile | undefined;
  /** The time in the conference. */
  readonly stayMs: number;
  /** Ends the time in the conference early. */
  readonly enough?: Latch<true>;
}
