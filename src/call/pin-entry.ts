import { longestPin } from "../caller/secret.js";
import type { Directory } from "./interfaces.js";
import type { Key } from "./key-buffer.js";

/** What a key has done to the PIN that is being typed. */
export type Typed =
  /** It goes on. */
  | "more"
  /** `#` after at least one digit. */
  | "ended"
  /** It has as many digits as a PIN can have. */
  | "longest"
  /** It is a known PIN that no known PIN goes on from. */
  | "known"
  | "cleared"
  | "switch-language"
  | "nothing";

/** The PIN as it is typed: `#` ends it, `*` starts over, `**` asks for the other language. */
export class PinEntry {
  readonly #directory: Pick<Directory, "match">;
  #digits = "";
  #last: Key | undefined;

  constructor(directory: Pick<Directory, "match">) {
    this.#directory = directory;
  }

  /** The digits so far; only digits. */
  get digits(): string {
    return this.#digits;
  }

  type(key: Key): Typed {
    const previous = this.#last;
    this.#last = key;
    if (key === "*") {
      this.#digits = "";
      if (previous !== "*") return "cleared";
      this.#last = undefined;
      return "switch-language";
    }
    if (key === "#") return this.#digits === "" ? "nothing" : "ended";
    this.#digits += key;
    if (this.#digits.length >= longestPin) return "longest";
    const match = this.#directory.match(this.#digits);
    return match.complete && !match.longer ? "known" : "more";
  }
}
