/** Narrows a list that the schema or the cross-checks guarantee to be non-empty. Throws otherwise. */
export function nonEmpty<Item>(items: readonly Item[]): readonly [Item, ...Item[]] {
  const [first, ...others] = items;
  if (first === undefined) throw new Error("the schema or the cross-checks let an empty list through");
  return [first, ...others];
}
