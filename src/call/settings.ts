import type { LabelSettings } from "../caller/label.js";
import type { Key } from "./dtmf-buffer.js";

/** The operator's settings for calls. All durations are in milliseconds. */
export interface CallSettings {
  readonly pin: {
    /** Maximum of failed PINs per call, and of silences per request. */
    readonly tries: number;
    /** From the end of the prompt to the first key. */
    readonly firstKeyTimeoutMs: number;
    /** From one key to the next; on expiry the PIN counts as complete. */
    readonly nextKeyTimeoutMs: number;
    /** For the whole PIN dialogue, from the greeting on. */
    readonly dialogueTimeoutMs: number;
  };
  /** For conferences that have not started. */
  readonly waiting: {
    /** Maximum waiting time, summed over the call; 0: callers are asked to call again instead. */
    readonly limitMs: number;
    /** Interval of the spoken reminder; music plays in between. */
    readonly remindEveryMs: number;
  };
  /** Whether the key hints are played before the first conference of a call. */
  readonly hints: boolean;
  /** The key after `*` that leaves a conference for another one; `undefined`: off. */
  readonly leaveKey: Key | undefined;
  /** Whether callers without a usable number may join a meeting from which such a caller was removed. */
  readonly withheldAfterRemoval: "allow" | "refuse";
  /** For the media server to open a channel. */
  readonly channelTimeoutMs: number;
  /** For the SIP server to send the 200. */
  readonly acceptTimeoutMs: number;
  /** For the BBB server to answer the leg. */
  readonly joinTimeoutMs: number;
  /** For the directory to look up one PIN. */
  readonly lookUpTimeoutMs: number;
  /** Maximum duration of a call, from the INVITE on. */
  readonly maxDurationMs: number;
  /** Maximum time that the dialogue stands still on hold, summed over the call. */
  readonly maxHoldMs: number;
  readonly label: LabelSettings;
  /** The operator's key, mixed into the pseudonym key of each day; 32 bytes. `undefined`: not configured. */
  readonly pseudonymKey: Buffer | undefined;
}
