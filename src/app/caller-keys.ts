import { randomBytes } from "node:crypto";

import { CallerHasher } from "../caller/caller-hasher.js";
import { pseudonymKeyDays, throttleKeyDays } from "../caller/day-keys.js";
import { type DayKeyVault, StoredDayKeys } from "../store/stored-day-keys.js";
import type { Clock } from "../util/clock.js";

/** The daily keys by which callers' numbers are replaced. */
export class CallerKeys {
  readonly hasher: CallerHasher;
  readonly #pseudonymKeys: StoredDayKeys;
  readonly #throttleKeys: StoredDayKeys;

  constructor(clock: Clock, onBug: (error: unknown) => void) {
    const keys = (daysBefore: number): StoredDayKeys =>
      new StoredDayKeys({ daysBefore, clock, now: Date.now, random: randomBytes, onBug });
    this.#pseudonymKeys = keys(pseudonymKeyDays);
    this.#throttleKeys = keys(throttleKeyDays);
    this.hasher = new CallerHasher({
      pseudonymKeys: this.#pseudonymKeys,
      throttleKeys: this.#throttleKeys,
      random: randomBytes,
    });
  }

  /** @param vaults where keys survive a restart; `undefined`: in memory only */
  async open(vaults: {
    readonly pseudonymKeys: DayKeyVault | undefined;
    readonly throttleKeys: DayKeyVault | undefined;
  }): Promise<void> {
    await Promise.all([this.#pseudonymKeys.open(vaults.pseudonymKeys), this.#throttleKeys.open(vaults.throttleKeys)]);
  }

  close(): void {
    this.#pseudonymKeys.close();
    this.#throttleKeys.close();
  }
}
