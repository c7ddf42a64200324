import type { Result } from "../util/result.js";
import type { StoreFailure } from "./room-store.js";

/**
 * Counts of wrong PINs, shared by instances. A bucket's name is a keyed hash, the name of a trunk or a fixed word: no number
 * and no PIN. Each count is gone `windowMs` after it began.
 */
export interface GuessCounts {
  /** Adds one to each; gives the counts in the order of the buckets. */
  add(buckets: readonly string[], windowMs: number): Promise<Result<readonly number[], StoreFailure>>;
  takeBack(buckets: readonly string[]): Promise<Result<void, StoreFailure>>;
  read(buckets: readonly string[]): Promise<Result<readonly number[], StoreFailure>>;
}
