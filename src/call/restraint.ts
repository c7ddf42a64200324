/** What wrong PINs of this and other calls mean for a caller. */
export type Restraint =
  | { readonly kind: "none" }
  /** One try for the call, and each answer to a PIN, right or wrong, comes this many milliseconds later. */
  | { readonly kind: "slowed"; readonly delayMs: number }
  /** No answer at all. */
  | { readonly kind: "refused" };

/** One caller's wrong PINs, counted over calls. Nothing here rejects or takes longer than the store's own time limit. */
export interface CallerGuesses {
  /** As it was last heard. */
  readonly restraint: Restraint;
  /** Reads the counts. */
  check(): Promise<Restraint>;
  /** Counts a PIN as wrong, before its outcome is known; the result holds for the answer to this PIN. */
  count(): Promise<Restraint>;
  /** The PIN that was counted last is not wrong. */
  takeBack(): void;
}

const none: Restraint = { kind: "none" };

/** For calls whose PINs are not counted. */
export const uncountedGuesses: CallerGuesses = {
  restraint: none,
  check: () => Promise.resolve(none),
  count: () => Promise.resolve(none),
  takeBack: () => undefined,
};
