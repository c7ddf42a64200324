import type { LabelSettings } from "../caller/label.js";

/** What the operator decides about calls. All durations are milliseconds. */
export interface CallSettings {
  readonly pin: {
    /** How many PINs, or silences, a caller gets. */
    readonly tries: number;
    /** From the end of the prompt to the first key. */
    readonly firstKeyWithinMs: number;
    /** From one key to the next; then the PIN counts as complete. */
    readonly nextKeyWithinMs: number;
    /** The whole dialogue, from the greeting on. */
    readonly dialogueWithinMs: number;
  };
  /** How long the media server may take to open a channel. */
  readonly mediaWithinMs: number;
  /** How long the SIP server may take to send the 200. */
  readonly acceptWithinMs: number;
  /** How long a BBB server may take to answer the call. */
  readonly joinWithinMs: number;
  /** How long the directory may take for one PIN. */
  readonly lookUpWithinMs: number;
  /** The longest that a call may last, from the INVITE on. */
  readonly maxDurationMs: number;
  readonly label: LabelSettings;
  /** The key of the pseudonyms, 32 bytes. */
  readonly pseudonymKey: Buffer;
}
