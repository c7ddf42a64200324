/** Maximum of silences per call, over all requests for a PIN. */
const maxSilences = 12;
/** Maximum of language switches per call. */
const maxSwitches = 6;

/** The counts of a call's tries, for another process that continues it. */
export interface TryCounts {
  readonly used: number;
  readonly wrong: number;
  readonly silences: number;
  readonly switches: number;
}

/** The tries of one call, over all requests for a PIN. */
export class Tries {
  readonly #max: number;
  readonly #isRestrained: () => boolean;
  #used = 0;
  #wrong = 0;
  #silences = 0;
  #switches = 0;

  /**
   * @param max maximum of failed PINs per call
   * @param isRestrained whether wrong PINs of other calls reduce this to one try
   * @param counts of a call that another process has begun
   */
  constructor(max: number, isRestrained: () => boolean, counts?: TryCounts) {
    this.#max = max;
    this.#isRestrained = isRestrained;
    if (counts === undefined) return;
    this.#used = counts.used;
    this.#wrong = counts.wrong;
    this.#silences = counts.silences;
    this.#switches = counts.switches;
  }

  get counts(): TryCounts {
    return { used: this.#used, wrong: this.#wrong, silences: this.#silences, switches: this.#switches };
  }

  /** Whether the maximum of failed PINs is reached. */
  get areOver(): boolean {
    return this.#used >= (this.#isRestrained() ? 1 : this.#max);
  }

  /** Whether one more request for a PIN is allowed. */
  get areLeft(): boolean {
    return !this.areOver && this.#silences < maxSilences && this.#switches <= maxSwitches;
  }

  /**
   * Whether a PIN may complete without `#`. Not after a wrong one: digits that don't complete would reveal that they are
   * wrong before they are counted. Not while responses are delayed: a completion is immediate.
   */
  get completion(): "when-known" | "explicit" {
    return this.#wrong === 0 && !this.#isRestrained() ? "when-known" : "explicit";
  }

  /** Records a PIN that led to no conference. */
  use(): void {
    this.#used += 1;
  }

  /** Records a wrong PIN, or one that was typed and cleared. */
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
