/** A whole number from 0 to less than the limit. */
export type RandomBelow = (limit: number) => number;
