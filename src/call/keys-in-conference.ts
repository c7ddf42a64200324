import type { Key } from "./dtmf-buffer.js";

/** The action for a key, or for a timeout after a `*`. */
export type KeyMeaning =
  /** Send these keys to BBB, in this order. */
  | { readonly kind: "pass"; readonly keys: readonly Key[] }
  /** Leave this conference for another one. */
  | { readonly kind: "leave" };

/** How long a `*` is held back for a second key, in milliseconds. */
export const secondKeyTimeoutMs = 1_000;

/** Toggles mute in BBB's caller controls. */
const bbbMute: Key = "0";

/** The key after `*` that toggles mute too, as in other conference systems. */
const mute: Key = "6";

/**
 * Interprets the keys in a conference. BBB's own keys pass through, `*6` toggles mute, `*` and the leave key leave. A `*`
 * followed by a timeout or another key is passed to BBB.
 */
export class KeysInConference {
  readonly #leave: Key | undefined;
  #held: readonly Key[] = [];

  /** @param leave the key after `*` that leaves the conference; `undefined`: off */
  constructor(leave: Key | undefined) {
    this.#leave = leave;
  }

  /** Milliseconds without a key after which to call `nothingFollows`; `undefined`: no key is held back. */
  get timeoutMs(): number | undefined {
    return this.#held.length === 0 ? undefined : secondKeyTimeoutMs;
  }

  press(key: Key): KeyMeaning {
    const held = this.#held;
    this.#held = [];
    if (held.length > 0) {
      if (key === this.#leave) return { kind: "leave" };
      if (key === mute) return { kind: "pass", keys: [bbbMute] };
    }
    if (key !== "*") return { kind: "pass", keys: [...held, key] };
    this.#held = [key];
    return { kind: "pass", keys: held };
  }

  /** Call on timeout: passes the held key on. */
  nothingFollows(): KeyMeaning {
    const held = this.#held;
    this.#held = [];
    return { kind: "pass", keys: held };
  }
}
