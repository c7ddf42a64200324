import type { Day } from "./day-keys.js";

/**
 * The caller's data after admission. The number can't be computed from it once the keys are deleted. `short`, `unreadable`
 * and `anonymous` callers have no usable number and can't be distinguished from each other.
 */
export type KnownCaller = NumberedCaller | { readonly kind: "anonymous" | "short" | "unreadable" };

export interface NumberedCaller {
  readonly kind: "number";
  /** The last four digits; "" if no label shows them. */
  readonly last4: string;
  /** Equal for all calls of this number at this instance, for the life of the process. */
  readonly lineKey: string;
  /** Equal for all calls of this number admitted on the same day, at all instances that share their keys. */
  readonly throttleKey: string;
  /** The number's HMAC under the pseudonym key of each day. */
  readonly pseudonymSeeds: ReadonlyMap<Day, Buffer>;
}
