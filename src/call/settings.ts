import type { LabelSettings } from "../caller/label.js";
import type { Key } from "./dtmf-buffer.js";

/** What the operator decides about calls. All durations are milliseconds. */
export interface CallSettings {
  readonly pin: {
    /** How many PINs that lead nowhere a caller gets in one call, and silences at one request. */
    readonly tries: number;
    /** From the end of the prompt to the first key. */
    readonly firstKeyTimeoutMs: number;
    /** From one key to the next; then the PIN counts as complete. */
    readonly nextKeyTimeoutMs: number;
    /** The whole dialogue, from the greeting on. */
    readonly dialogueTimeoutMs: number;
  };
  /** For conferences that have not begun. */
  readonly waiting: {
    /** The longest that a caller waits, summed over the call; 0: callers do not wait and are asked to call again. */
    readonly limitMs: number;
    /** From one spoken line to the next, with music between. */
    readonly remindEveryMs: number;
  };
  /** Whether the caller is told, once per call, what the conference sees of the number and which keys there are. */
  readonly hints: boolean;
  /** The key after `*` that leaves a conference for another one; `undefined`: there is none. */
  readonly leaveKey: Key | undefined;
  /** Whether callers without a usable number may enter a meeting from which one of them was removed. */
  readonly withheldAfterRemoval: "allow" | "refuse";
  /** How long the media server may take to open a channel. */
  readonly channelTimeoutMs: number;
  /** How long the SIP server may take to send the 200. */
  readonly acceptTimeoutMs: number;
  /** How long a BBB server may take to answer the call. */
  readonly joinTimeoutMs: number;
  /** How long the directory may take for one PIN. */
  readonly lookUpTimeoutMs: number;
  /** The longest that a call may last, from the INVITE on. */
  readonly maxDurationMs: number;
  /** For how long the dialogue stands still for a caller on hold, all holds of a call together. */
  readonly maxHoldMs: number;
  readonly label: LabelSettings;
  /** The operator's key, which is mixed into the pseudonym key of each day, 32 bytes; `undefined`: there is none. */
  readonly pseudonymKey: Buffer | undefined;
}
