/** The throttling of a caller after wrong PINs in this and other calls. */
export type Restraint =
  | { readonly kind: "none" }
  /** One try per call, and each response to a PIN, right or wrong, is delayed by this many milliseconds. */
  | { readonly kind: "slowed"; readonly delayMs: number }
  /** The call is refused. */
  | { readonly kind: "refused" };

/** One caller's wrong PINs, counted across calls. No method rejects or exceeds the store's own timeout. */
export interface CallerGuesses {
  /** The restraint as last read. */
  readonly restraint: Restraint;
  /** Reads the counters from the store. */
  check(): Promise<Restraint>;
  /** Counts a PIN as wrong before its outcome is known; returns the restraint for this PIN. */
  count(): Promise<Restraint>;
  /** Reverts the last `count`: the PIN is not wrong. */
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
