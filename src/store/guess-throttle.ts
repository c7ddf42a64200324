import type { Admitted } from "../call/interfaces.js";
import type { CallerGuesses, Restraint } from "../call/restraint.js";
import type { Clock } from "../util/clock.js";
import { GuessBuckets } from "./guess-buckets.js";
import type { GuessCounts } from "./guess-counts.js";

/** The callers whose wrong PINs are counted together. */
export const guessScopes = ["number", "withheld", "all"] as const;
export type GuessScope = (typeof guessScopes)[number];

/** Settings of the operator for wrong PINs. */
export interface GuessSettings {
  /** The window of a bucket, starting with its first wrong PIN. */
  readonly windowMs: number;
  /** The lookup delay at the limit; it grows with the count, see `maxDelayFactor`. */
  readonly delayMs: number;
  /** Wrong PINs from which lookups are delayed, and calls refused (`undefined`: never). */
  readonly limits: Readonly<Record<GuessScope, { readonly slowed: number; readonly refused: number | undefined }>>;
}

/** State for operators: no numbers, no PINs. */
export interface GuessState {
  /** Wrong PINs of all callers in the window; summed over instances that share a store. */
  readonly wrong: number;
  /** Number of buckets over their limit: numbers, trunks, and 0 or 1 for all callers. */
  readonly restrained: Readonly<Record<GuessScope, { readonly slowed: number; readonly refused: number }>>;
  /** Trunks whose withheld callers are over a limit. */
  readonly withheldOf: readonly { readonly trunk: string; readonly kind: "slowed" | "refused" }[];
}

export interface GuessThrottleOptions {
  readonly clock: Clock;
  readonly settings: () => GuessSettings;
  /** Counts shared by instances; `undefined`: single instance. */
  readonly shared: () => GuessCounts | undefined;
  readonly onBug: (error: unknown) => void;
}

/** About 10 MB. */
const maxNumbers = 50_000;
const maxTrunks = 1_000;
/** The delay grows in proportion to the count (twice the limit: twice the delay), up to this factor. */
const maxDelayFactor = 10;

interface Bucket {
  readonly scope: GuessScope;
  readonly name: string;
}

const bucketOfAll: Bucket = { scope: "all", name: "all" };
const withheldPrefix = "withheld:";
const free: Restraint = { kind: "none" };

/**
 * Counts wrong PINs across calls: per caller number (as a keyed hash), for all withheld callers of a trunk, and for all
 * callers. Counts are in memory and in the store that instances share, if any; the larger one applies, so that a store
 * outage neither fails a call nor loses local counts.
 */
export class GuessThrottle {
  readonly #options: GuessThrottleOptions;
  readonly #buckets: Readonly<Record<GuessScope, GuessBuckets>>;

  constructor(options: GuessThrottleOptions) {
    this.#options = options;
    const { clock } = options;
    this.#buckets = {
      number: new GuessBuckets(clock, maxNumbers),
      withheld: new GuessBuckets(clock, maxTrunks),
      all: new GuessBuckets(clock, 1),
    };
  }

  callerOf({ trunk, caller }: Pick<Admitted, "trunk" | "caller">): CallerGuesses {
    const own: Bucket =
      caller.kind === "number"
        ? { scope: "number", name: `number:${caller.throttleKey}` }
        : { scope: "withheld", name: `${withheldPrefix}${trunk}` };
    const buckets = [own, bucketOfAll];
    let restraint = free;
    return {
      get restraint() {
        return restraint;
      },
      check: async () => (restraint = this.#judge(buckets, await this.#read(buckets))),
      // The limit applies to the wrong PINs before this one.
      count: async () =>
        (restraint = this.#judge(
          buckets,
          (await this.#add(buckets)).map((count) => count - 1),
        )),
      takeBack: () => {
        this.#takeBack(buckets);
      },
    };
  }

  state(trunks: readonly string[]): GuessState {
    const { limits } = this.#options.settings();
    const of = (scope: GuessScope): { readonly slowed: number; readonly refused: number } => {
      const kinds = this.#buckets[scope].counts().map((count) => kindOf(count, limits[scope]));
      return {
        slowed: kinds.filter((kind) => kind === "slowed").length,
        refused: kinds.filter((kind) => kind === "refused").length,
      };
    };
    return {
      wrong: this.#buckets.all.countOf(bucketOfAll.name),
      restrained: { number: of("number"), withheld: of("withheld"), all: of("all") },
      withheldOf: trunks.flatMap((trunk) => {
        const kind = kindOf(this.#buckets.withheld.countOf(`${withheldPrefix}${trunk}`), limits.withheld);
        return kind === "none" ? [] : [{ trunk, kind }];
      }),
    };
  }

  /** The strictest action of all buckets. */
  #judge(buckets: readonly Bucket[], counts: readonly number[]): Restraint {
    const { limits, delayMs } = this.#options.settings();
    let longest = 0;
    for (const [place, { scope }] of buckets.entries()) {
      const count = counts[place] ?? 0;
      const kind = kindOf(count, limits[scope]);
      if (kind === "refused") return { kind };
      if (kind === "slowed")
        longest = Math.max(longest, delayMs * Math.min(maxDelayFactor, Math.floor(count / limits[scope].slowed)));
    }
    return longest === 0 ? free : { kind: "slowed", delayMs: longest };
  }

  async #read(buckets: readonly Bucket[]): Promise<readonly number[]> {
    const shared = await this.#options.shared()?.read(names(buckets));
    return shared?.ok === true
      ? this.#share(buckets, shared.value)
      : buckets.map(({ scope, name }) => this.#buckets[scope].countOf(name));
  }

  async #add(buckets: readonly Bucket[]): Promise<readonly number[]> {
    const { windowMs } = this.#options.settings();
    const own = buckets.map(({ scope, name }) => this.#buckets[scope].add(name, windowMs));
    const shared = await this.#options.shared()?.add(names(buckets), windowMs);
    if (shared?.ok !== true) return own;
    this.#share(buckets, shared.value);
    // The counts including this guess: others may have been added since.
    return own.map((count, place) => Math.max(count, shared.value[place] ?? 0));
  }

  #share(buckets: readonly Bucket[], counts: readonly number[]): readonly number[] {
    const { windowMs } = this.#options.settings();
    return buckets.map(({ scope, name }, place) => this.#buckets[scope].share(name, counts[place] ?? 0, windowMs));
  }

  #takeBack(buckets: readonly Bucket[]): void {
    for (const { scope, name } of buckets) this.#buckets[scope].takeBack(name);
    this.#options.shared()?.takeBack(names(buckets)).catch(this.#options.onBug);
  }
}

function names(buckets: readonly Bucket[]): readonly string[] {
  return buckets.map(({ name }) => name);
}

function kindOf(count: number, { slowed, refused }: GuessSettings["limits"][GuessScope]): Restraint["kind"] {
  if (refused !== undefined && count >= refused) return "refused";
  return count >= slowed ? "slowed" : "none";
}
