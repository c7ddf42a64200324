/** Reproducible random numbers (mulberry32): the same seed gives the same sequence. Not for secrets. */
export interface Seeded {
  /** A whole number from 0 up to, but not including, `limit`. */
  below(limit: number): number;
  /** One of them. */
  pick<Item>(items: readonly [Item, ...Item[]]): Item;
}

export function seeded(seed: number): Seeded {
  let state = seed >>> 0;
  const below = (limit: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
  return { below, pick: (items) => items[below(items.length)] ?? items[0] };
}
