import type { Key } from "./dtmf-buffer.js";

/** What is to be done about a key, or about the silence after one. */
export type KeyMeaning =
  /** BBB gets these keys, in this order; often just the one that was pressed. */
  | { readonly kind: "pass"; readonly keys: readonly Key[] }
  /** The caller wants out of this conference and into another one. */
  | { readonly kind: "leave" };

/** So long a `*` is held back to see what follows, in milliseconds. */
export const secondKeyTimeoutMs = 1_000;

/** Mutes in BBB's own caller controls, and un-mutes. */
const bbbMute: Key = "0";

/** The key after `*` that mutes as well, as callers know it from other conferences. */
const mute: Key = "6";

/**
 * The keys that a caller presses in a conference. BBB's own keys pass through; `*6` mutes too, and `*` with the
 * leave key's second key leaves. A `*` that nothing follows in time, or something else, is BBB's.
 */
export class KeysInConference {
  readonly #leave: Key | undefined;
  #held: readonly Key[] = [];

  /** @param leave the key after `*` that leaves the conference; `undefined` when there is none */
  constructor(leave: Key | undefined) {
    this.#leave = leave;
  }

  /** Milliseconds after which `nothingFollows` has to be called unless a key comes; `undefined` when nothing is held back. */
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

  /** No key has come in time. */
  nothingFollows(): KeyMeaning {
    const held = this.#held;
    this.#held = [];
    return { kind: "pass", keys: held };
  }
}
