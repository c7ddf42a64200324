/** What the schema or the cross-checks have found to be there. Throws where they have not. */
export function nonEmpty<Item>(items: readonly Item[]): readonly [Item, ...Item[]] {
  const [first, ...others] = items;
  if (first === undefined) throw new Error("the schema or the cross-checks let an empty list through");
  return [first, ...others];
}
