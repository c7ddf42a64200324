import type { Language } from "../caller/language.js";
import type { CallEnd, CallFailure } from "../softphone/phone-call.js";

/** A recognised recording. */
export interface HeardPrompt {
  /** Without its language, for example `enter-pin`. */
  readonly name: string;
  /** `undefined`: a recording without a language, such as music. */
  readonly language: Language | undefined;
  /** Its start in milliseconds since the start of audio. */
  readonly offsetMs: number;
}

/** Events of a test call. Never contain a number or a PIN. */
export type ProbeHappening =
  | { readonly kind: "invite" }
  | { readonly kind: "progress"; readonly status: number; readonly reason: string }
  | { readonly kind: "refused"; readonly failure: CallFailure }
  | { readonly kind: "answered"; readonly codec: string; /** "none": plain RTP. */ readonly suite: string }
  | { readonly kind: "prompt"; readonly prompt: HeardPrompt }
  | { readonly kind: "language-switched" }
  | { readonly kind: "pin-typed"; readonly digits: number }
  | { readonly kind: "joined"; readonly how: JoinedHow }
  | { readonly kind: "tone"; readonly hz: number; /** Amplitude, 0 to 1 of full scale. */ readonly level: number }
  | { readonly kind: "renegotiated"; /** False: refused with 488. */ readonly accepted: boolean }
  | { readonly kind: "hung-up"; readonly end: CallEnd }
  | { readonly kind: "recording-failed"; readonly code: string };

/**
 * Why the call counts as joined: the conference's tone was heard, or no prompt was heard for a while
 * after the PIN, which is the only sign of a silent conference.
 */
export type JoinedHow = "tone" | "silence";

/** @param atMs since the INVITE */
export type ProbeEvent = ProbeHappening & { readonly atMs: number };
