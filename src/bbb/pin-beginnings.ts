/** How many PINs go on after each beginning of theirs: so that typing asks nothing but one map. */
export class PinBeginnings {
  readonly #counts = new Map<string, number>();

  /** The number of different beginnings, which is what the memory goes with. */
  get size(): number {
    return this.#counts.size;
  }

  add(pin: string): void {
    this.#count(pin, 1);
  }

  /** What has been added. */
  remove(pin: string): void {
    this.#count(pin, -1);
  }

  /** Whether a PIN begins with these digits and has more of them. */
  goOnAfter(digits: string): boolean {
    return this.#counts.has(digits);
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
