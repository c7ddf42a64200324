import type { Key } from "./dtmf-buffer.js";

/**
 * All prompts. Texts are in `freeswitch/prompts/<language>.yaml`, recordings in
 * `freeswitch/sounds/<language>/<name>.wav`; an operator's own recordings have the same names.
 */
export const promptNames = [
  /** The greeting. */
  "welcome",
  /** Asks for the PIN and names the key that ends it. */
  "enter-pin",
  /** Offers this language to a caller who hears another one; names its keys, `**`. */
  "language-switch",
  /** After `*`: the digits so far are cleared. */
  "pin-restart",
  /** No key before the timeout. */
  "pin-silence",
  /** No running conference has this PIN: it is wrong, or the conference has not started. */
  "pin-unknown",
  /** The tries are used up; a complete farewell. */
  "too-many-tries",
  /** The dialogue timed out; a complete farewell. */
  "no-input-goodbye",
  /** Before music, during a slow lookup. */
  "please-wait",
  /** No BBB server answers; says that the PIN is not at fault. */
  "service-unavailable",
  /** The conference is reserved but not started; the caller will be connected at its start. */
  "not-started",
  /** The conference is not started and the wait is over or off: call again later. */
  "not-started-call-again",
  /** The reminder between music while waiting; names the key for another PIN, `*`. */
  "waiting",
  /** The keys that mute. */
  "mute-hint",
  /** Introduces the keys that leave the conference; their names follow. */
  "leave-hint",
  /** The conference's server refuses the call or is lost. */
  "conference-unavailable",
  /** Telephones can't reach the conference's audio. */
  "no-telephone-audio",
  /** The conference has ended. */
  "conference-ended",
  /** The breakout room has ended; the caller returns to the main room. */
  "main-room",
  /** The caller was removed from the conference. */
  "removed",
  /** The call has reached its maximum duration. */
  "max-duration",
  /** einwahl is shutting down. */
  "shutting-down",
  /** The farewell. */
  "goodbye",
  /** The names of the keys. */
  "key-0",
  "key-1",
  "key-2",
  "key-3",
  "key-4",
  "key-5",
  "key-6",
  "key-7",
  "key-8",
  "key-9",
  "key-star",
  "key-pound",
] as const;

export type PromptName = (typeof promptNames)[number];

/** The prompt with the name of a key. */
export function keyPrompt(key: Key): PromptName {
  switch (key) {
    case "*":
      return "key-star";
    case "#":
      return "key-pound";
    default:
      return `key-${key}`;
  }
}
