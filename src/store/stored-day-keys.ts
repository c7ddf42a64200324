import { type Day, type DayKeys, dayOf } from "../caller/day-keys.js";
import type { Clock } from "../util/clock.js";
import type { Result } from "../util/result.js";

/** Where day keys survive the process, or are shared by instances. */
export interface DayKeyVault {
  /**
   * Stores each key whose day has none yet and deletes the keys of all other days.
   *
   * @returns the keys that hold, which may be others than those offered
   */
  agree(offered: ReadonlyMap<Day, Buffer>): Promise<Result<ReadonlyMap<Day, Buffer>, "unavailable">>;
}

export interface StoredDayKeysOptions {
  /** Keys of so many days before today are kept. */
  readonly daysBefore: number;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Gives that many random bytes, as `randomBytes` of node:crypto does. */
  readonly random: (bytes: number) => Buffer;
  readonly onBug: (error: unknown) => void;
}

const keyBytes = 32;
/** Tomorrow's key is agreed on before it is needed, so that no outage at midnight separates instances. */
const daysAhead = 1;
/** From one agreement to the next, in milliseconds; the shorter one after the vault has failed. */
const agreeEveryMs = 600_000;
const retryEveryMs = 10_000;

/** The keys of a few days, in memory and, where there is a vault, in it. A vault that fails costs no call. */
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
   * Takes the vault's keys and goes on agreeing with it until `close`. Settles when the vault has answered or failed.
   *
   * @param vault `undefined`: the keys are in memory only
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

  /** The keys of `days`: those of other days are dropped, those that are missing are made. */
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
