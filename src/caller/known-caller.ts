import type { Day } from "./day-keys.js";

/**
 * What is kept of a caller from the admission on: nothing from which the number can be computed once the keys are deleted.
 * `short` and `unreadable` callers have no usable number; like `anonymous` ones they can't be told apart.
 */
export type KnownCaller = NumberedCaller | { readonly kind: "anonymous" | "short" | "unreadable" };

export interface NumberedCaller {
  readonly kind: "number";
  /** The last four digits, "" where no label shows them. */
  readonly last4: string;
  /** The same for all calls of this number at this instance, while the process lives. */
  readonly lineKey: string;
  /** The same for all calls of this number that are admitted on this day, at all instances that share their keys. */
  readonly throttleKey: string;
  /** The number's HMAC under the pseudonym key of each day. */
  readonly pseudonymSeeds: ReadonlyMap<Day, Buffer>;
}
