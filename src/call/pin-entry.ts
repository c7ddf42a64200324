import type { Directory } from "./interfaces.js";
import type { Key } from "./key-buffer.js";

/** The longest number that BBB's dialplan takes (`^(\d{5,11})$` in its `default` context). */
const longestPin = 11;

/** What a key has done to the PIN that is being typed. */
export type Typed = "more" | "complete" | "cleared" | "switch-language" | "nothing";

/**
 * The PIN as it is typed: `#` ends it, `*` starts over, `**` asks for the other language, and it ends by
 * itself when it is a known PIN that no known PIN goes on from.
 */
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
    if (key === "#") return this.#digits === "" ? "nothing" : "complete";
    this.#digits += key;
    if (this.#digits.length >= longestPin) return "complete";
    const match = this.#directory.match(this.#digits);
    return match.complete && !match.longer ? "complete" : "more";
  }
}
