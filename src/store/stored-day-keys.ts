import { type Day, type DayKeys, dayOf } from "../caller/day-keys.js";
import type { Clock } from "../util/clock.js";
import type { Result } from "../util/result.js";

/** A persistent or shared store of day keys. */
export interface DayKeyVault {
  /**
   * Stores each key whose day has no key yet, and deletes the keys of all other days.
   *
   * @returns the keys in effect, which may differ from the offered ones
   */
  agree(offered: ReadonlyMap<Day, Buffer>): Promise<Result<ReadonlyMap<Day, Buffer>, "unavailable">>;
}

export interface StoredDayKeysOptions {
  /** The number of days before today whose keys are kept. */
  readonly daysBefore: number;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Random bytes, like `randomBytes` of node:crypto. */
  readonly random: (bytes: number) => Buffer;
  readonly onBug: (error: unknown) => void;
}

const keyBytes = 32;
/** Tomorrow's key is agreed in advance, so that an outage at midnight does not give instances different keys. */
const daysAhead = 1;
/** Interval between agreements in milliseconds; the shorter one after a failure of the vault. */
const agreeEveryMs = 600_000;
const retryEveryMs = 10_000;

/** The keys of a few days, in memory and in the vault if any. A failing vault does not fail calls. */
export class StoredDayKeys implements DayKeys {
  readonly #options: StoredDayKeysOptions;
  #vault: DayKeyVault | undefined;
  #keys: ReadonlyMap<Day, Buffer> = new Map();
  #cancelTimer: () => void = () => undefined;
  #isClosed = false;

  constructor(options: StoredDayKeysOptions) {
    this.#options = options;
  }

  /**
   * Agrees on the keys with the vault, then regularly until `close`. Resolves after the first response or failure.
   *
   * @param vault `undefined`: memory only
   */
  async open(vault: DayKeyVault | undefined): Promise<void> {
    this.#vault = vault;
    await this.#agree();
  }

  get today(): Day {
    return dayOf(this.#options.now());
  }

  get days(): readonly Day[] {
    const { daysBefore } = this.#options;
    const first = this.today - daysBefore;
    return Array.from({ length: daysBefore + 1 + daysAhead }, (_, index) => first + index);
  }

  keyOf(day: Day): Buffer {
    const key = this.#current().get(day);
    if (key === undefined) throw new Error(`no key for day ${day}`);
    return key;
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelTimer();
  }

  /** The keys of `days`; drops those of other days and creates missing ones. */
  #current(): ReadonlyMap<Day, Buffer> {
    const { days } = this;
    if (days.length !== this.#keys.size || days.some((day) => !this.#keys.has(day))) {
      this.#keys = new Map(days.map((day) => [day, this.#keys.get(day) ?? this.#options.random(keyBytes)]));
    }
    return this.#keys;
  }

  async #agree(): Promise<void> {
    const offered = this.#current();
    const agreed = await this.#vault?.agree(offered);
    if (this.#isClosed) return;
    if (agreed?.ok === true) this.#keys = new Map([...offered, ...agreed.value]);
    this.#cancelTimer = this.#options.clock.after(agreed?.ok === false ? retryEveryMs : agreeEveryMs, () => {
      this.#agree().catch(this.#options.onBug);
    });
  }
}
