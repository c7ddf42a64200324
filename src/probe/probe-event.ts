import type { Language } from "../caller/language.js";
import type { CallEnd, CallFailure } from "../softphone/phone-call.js";

/** A recording of einwahl's that was heard. */
export interface HeardPrompt {
  /** Without its language, for example `enter-pin`. */
  readonly name: string;
  /** `undefined`: a recording that belongs to no language, such as the music. */
  readonly language: Language | undefined;
  /** When it began, in milliseconds since audio came. */
  readonly offsetMs: number;
}

/** What happens in a test call, as it happens. Nothing here tells a number or a PIN. */
export type ProbeHappening =
  | { readonly kind: "invite" }
  | { readonly kind: "progress"; readonly status: number; readonly reason: string }
  | { readonly kind: "refused"; readonly failure: CallFailure }
  | { readonly kind: "answered"; readonly codec: string; /** "none" is plain RTP. */ readonly suite: string }
  | { readonly kind: "prompt"; readonly prompt: HeardPrompt }
  | { readonly kind: "language-switched" }
  | { readonly kind: "pin-typed"; readonly digits: number }
  | { readonly kind: "joined"; readonly how: JoinedHow }
  | { readonly kind: "tone"; readonly hz: number; /** Amplitude, 0 to 1 of full scale. */ readonly level: number }
  | { readonly kind: "renegotiated"; /** False: we had to refuse it, 488. */ readonly accepted: boolean }
  | { readonly kind: "hung-up"; readonly end: CallEnd }
  | { readonly kind: "recording-failed"; readonly code: string };

/**
 * Why the call counts as joined: the conference's tone was heard, or the PIN was typed and for a while nothing of the
 * dialogue was heard any more, which is all that a silent conference lets a caller know.
 */
export type JoinedHow = "tone" | "silence";

/** @param atMs since the INVITE */
export type ProbeEvent = ProbeHappening & { readonly atMs: number };
