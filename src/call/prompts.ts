import type { Key } from "./dtmf-buffer.js";

/**
 * Every line that einwahl can say. Texts are in `freeswitch/prompts/<language>.yaml`, recordings in
 * `freeswitch/sounds/<language>/<name>.wav`; an operator's own recordings have the same names.
 */
export const promptNames = [
  /** The first thing that a caller hears. */
  "welcome",
  /** Asks for the PIN and names the key that ends it. */
  "enter-pin",
  /** Offers this language to a caller who hears another one; names the keys for it, `**`. */
  "language-switch",
  /** After `*`: what was typed so far is forgotten. */
  "pin-restart",
  /** Nothing was typed. */
  "pin-silence",
  /** No conference has this PIN now, whether it is wrong or the conference has not begun. */
  "pin-unknown",
  /** The last try is used up; a farewell of its own. */
  "too-many-tries",
  /** No PIN came in all the time there was; a farewell of its own. */
  "no-input-goodbye",
  /** Before music, when a look-up takes long enough to be noticed. */
  "please-wait",
  /** No BBB server can be asked: says that it is not the PIN. */
  "service-unavailable",
  /** The conference is known, but has not begun: says that the caller will be connected when it does. */
  "not-started",
  /** The conference is known, has not begun, and is not waited for (any longer): says to call again later. */
  "not-started-call-again",
  /** From time to time, between music, while the conference has not begun; names the key for another PIN, `*`. */
  "waiting",
  /** The keys that mute. */
  "mute-hint",
  /** The keys that leave the conference for another one; their names come after it. */
  "leave-hint",
  /** The server of the conference refuses the call or is gone. */
  "conference-unavailable",
  /** The conference's audio is nowhere that a telephone can get to. */
  "no-telephone-audio",
  /** The conference is over. */
  "conference-ended",
  /** The breakout room is over, the caller goes on to the main room. */
  "main-room",
  /** Somebody has taken the caller out of the conference. */
  "removed",
  /** The call has lasted as long as a call may. */
  "max-duration",
  /** einwahl is being stopped. */
  "shutting-down",
  /** The last thing that a caller hears. */
  "goodbye",
  /** The keys by name. */
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

/** The name of a key. */
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
