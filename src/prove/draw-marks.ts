import { Mark } from "./mark.js";
import type { RandomBelow } from "./random.js";

/**
 * Numbers that the Bundesnetzagentur reserves for fiction, without their last three digits ("Rufnummern für
 * Medienproduktionen"): Berlin, Frankfurt, Hamburg, Cologne, Munich.
 */
const fictionalRanges = ["+493023125", "+496990009", "+494066969", "+492214710", "+498999998"] as const;

/** Long enough not to occur by chance; BBB's dialplan accepts 11 digits (`^(\d{5,11})$`). */
export const wrongPinDigits = 11;
/** The maximum length of a reserved PIN, see `maxReservablePinLength`. */
export const conferencePinDigits = 9;

const nameLetters = 12;
const maxDraws = 1_000;

/** Draws marks that differ from each other, and from what the installation contains, in every form of `needles.ts`. */
export class MarkSource {
  readonly #randomBelow: RandomBelow;
  readonly #taken: Set<string>;

  /** @param taken digits and names to exclude, such as the numbers of trunks */
  constructor(randomBelow: RandomBelow, taken: Iterable<string>) {
    this.#randomBelow = randomBelow;
    this.#taken = new Set(taken);
  }

  number(title: string): Mark {
    return new Mark(
      "number",
      title,
      this.#draw(() => {
        const range = fictionalRanges[this.#randomBelow(fictionalRanges.length)] ?? fictionalRanges[0];
        return `${range}${String(this.#randomBelow(1_000)).padStart(3, "0")}`;
      }),
    );
  }

  /** The first digit is neither 0, which programs may drop, nor 9, because BBB's echo test begins with it (99999). */
  pin(title: string, digits: number): Mark {
    return new Mark(
      "pin",
      title,
      this.#draw(() => {
        const rest = Array.from({ length: digits - 1 }, () => String(this.#randomBelow(10)));
        return `${1 + this.#randomBelow(8)}${rest.join("")}`;
      }),
    );
  }

  name(title: string): Mark {
    return new Mark(
      "name",
      title,
      this.#draw(() =>
        Array.from({ length: nameLetters }, () => String.fromCharCode(0x61 + this.#randomBelow(26))).join(""),
      ),
    );
  }

  #draw(draw: () => string): string {
    for (let draws = 0; draws < maxDraws; draws++) {
      const text = draw();
      // Base64 within a longer text does not show the last character whole: it can't be all that differs.
      const stem = text.slice(0, -1);
      if ([...this.#taken].some((taken) => taken.startsWith(stem))) continue;
      this.#taken.add(text);
      return text;
    }
    throw new Error("all marks are taken");
  }
}
