import type { Result } from "../util/result.js";
import type { StoreFailure } from "./room-store.js";

/**
 * Counts of wrong PINs, shared by instances. Bucket names are keyed hashes, trunk names or a constant: no numbers, no
 * PINs. Each count expires `windowMs` after its start.
 */
export interface GuessCounts {
  /** Increments each bucket; returns the counts in the same order. */
  add(buckets: readonly string[], windowMs: number): Promise<Result<readonly number[], StoreFailure>>;
  takeBack(buckets: readonly string[]): Promise<Result<void, StoreFailure>>;
  read(buckets: readonly string[]): Promise<Result<readonly number[], StoreFailure>>;
}
