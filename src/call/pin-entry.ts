import { maxPinLength } from "../caller/secret.js";
import type { Key } from "./dtmf-buffer.js";
import type { Directory } from "./interfaces.js";
import type { Tries } from "./tries.js";

/** What a key has done to the PIN that is being typed. */
export type Typed =
  /** It goes on. */
  | "more"
  /** It goes on after digits that would have been complete if they were a PIN: so they are none. */
  | "typed-on"
  /** `#` after at least one digit. */
  | "ended"
  /** It has as many digits as a PIN can have. */
  | "longest"
  /** It is a known PIN, and as long as any. */
  | "known"
  /** `*` after fewer digits than a PIN has. */
  | "cleared"
  /** `*` after digits that may be a PIN. */
  | "taken-back"
  | "switch-language"
  | "nothing";

/** The least number of digits of BBB's own PINs (its dialplan: `^(\d{5,11})$`). Clearing fewer is free, unless a known PIN is shorter. */
const usualShortest = 5;

/**
 * The PIN as it is typed: `#` ends it, `*` starts over, `**` asks for the other language.
 *
 * Without `#` it is complete at one length only, that of the longest known PIN of a main room: each length at which it could
 * be complete would be a test of its own, of which the caller sees the outcome.
 */
export class PinEntry {
  readonly #directory: Pick<Directory, "matchPrefix" | "pinLengths">;
  readonly #tries: Pick<Tries, "completion">;
  #digits = "";
  #last: Key | undefined;
  /** Whether the digits so far would have been complete if they were a PIN. */
  #isTested = false;

  constructor(directory: Pick<Directory, "matchPrefix" | "pinLengths">, tries: Pick<Tries, "completion">) {
    this.#directory = directory;
    this.#tries = tries;
  }

  /** The digits so far; only digits. */
  get digits(): string {
    return this.#digits;
  }

  /** Whether the digits so far are as many as a PIN has. */
  get mayBePin(): boolean {
    return this.#digits.length >= Math.min(usualShortest, this.#directory.pinLengths?.shortest ?? usualShortest);
  }

  type(key: Key): Typed {
    const previous = this.#last;
    this.#last = key;
    if (key === "*") return this.#clear(previous);
    if (key === "#") return this.#digits === "" ? "nothing" : "ended";
    const wasTested = this.#isTested;
    this.#digits += key;
    const completed = this.#completed();
    if (completed !== "more") return completed;
    return wasTested ? "typed-on" : "more";
  }

  #clear(previous: Key | undefined): Typed {
    const cleared = this.mayBePin ? "taken-back" : "cleared";
    this.#digits = "";
    this.#isTested = false;
    if (previous !== "*") return cleared;
    this.#last = undefined;
    return "switch-language";
  }

  #completed(): "longest" | "known" | "more" {
    this.#isTested = false;
    const { length } = this.#digits;
    if (length >= maxPinLength) return "longest";
    if (this.#tries.completion === "explicit" || length !== this.#directory.pinLengths?.longest) return "more";
    const match = this.#directory.matchPrefix(this.#digits);
    if (match.complete && !match.longer) return "known";
    // Where a known PIN goes on, the digits would not be complete even if they were one.
    this.#isTested = !match.longer;
    return "more";
  }
}
