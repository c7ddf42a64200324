/** Counts PINs by proper prefix, so that a check per digit is one map lookup. */
export class PinBeginnings {
  readonly #counts = new Map<string, number>();

  /** The number of distinct prefixes, which determines memory use. */
  get size(): number {
    return this.#counts.size;
  }

  add(pin: string): void {
    this.#count(pin, 1);
  }

  /** The PIN must have been added before. */
  remove(pin: string): void {
    this.#count(pin, -1);
  }

  /** The number of PINs with these digits as a proper prefix. */
  countAfter(digits: string): number {
    return this.#counts.get(digits) ?? 0;
  }

  #count(pin: string, by: number): void {
    for (let length = 1; length < pin.length; length++) {
      const beginning = pin.slice(0, length);
      const sum = (this.#counts.get(beginning) ?? 0) + by;
      if (sum === 0) this.#counts.delete(beginning);
      else this.#counts.set(beginning, sum);
    }
  }
}
