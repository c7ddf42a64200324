/** A caller who is silent that often in one call, over all requests for a PIN, is not asked again. */
const maxSilences = 12;
/** A caller who only switches languages is not asked again. */
const maxSwitches = 6;

/** What the caller of one call has used up, over all requests for a PIN. */
export class Tries {
  readonly #max: number;
  readonly #isRestrained: () => boolean;
  #used = 0;
  #wrong = 0;
  #silences = 0;
  #switches = 0;

  /**
   * @param max PINs that lead nowhere, in the whole call
   * @param isRestrained whether wrong PINs of other calls leave one try only
   */
  constructor(max: number, isRestrained: () => boolean) {
    this.#max = max;
    this.#isRestrained = isRestrained;
  }

  /** Whether all PINs that lead nowhere are used up. */
  get areOver(): boolean {
    return this.#used >= (this.#isRestrained() ? 1 : this.#max);
  }

  /** Whether the caller may be asked for a PIN once more. */
  get areLeft(): boolean {
    return !this.areOver && this.#silences < maxSilences && this.#switches <= maxSwitches;
  }

  /**
   * Whether a PIN may be complete without `#`. After a wrong one it may not: digits that do not complete would show, before
   * they are counted, that they are wrong. Nor may it while answers are slowed, as this one would come at once.
   */
  get completion(): "when-known" | "explicit" {
    return this.#wrong === 0 && !this.#isRestrained() ? "when-known" : "explicit";
  }

  /** A PIN that leads nowhere. */
  use(): void {
    this.#used += 1;
  }

  /** One that is wrong, or was typed and taken back. */
  useWrong(): void {
    this.use();
    this.#wrong += 1;
  }

  silence(): void {
    this.#silences += 1;
  }

  switchLanguage(): void {
    this.#switches += 1;
  }
}
