import type { Path } from "./fault.js";

/** What a YAML file holds, once it is read: maps, lists, texts, numbers, booleans and nothing. */
export type Tree = unknown;

export function isMap(value: Tree): value is Readonly<Record<string, Tree>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The entry of a map, `undefined` when there is no such entry or no map; never something inherited. */
export function entryOf(value: Tree, key: string): Tree {
  return isMap(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** The items of a list with their places; none when it is no list. */
export function itemsOf(value: Tree): readonly (readonly [number, Tree])[] {
  return Array.isArray(value) ? [...(value as readonly Tree[]).entries()] : [];
}

export function at(tree: Tree, path: Path): Tree {
  let value = tree;
  for (const step of path)
    value =
      typeof step === "number"
        ? Array.isArray(value)
          ? (value as readonly Tree[])[step]
          : undefined
        : entryOf(value, step);
  return value;
}

/** Freezes a value and all that it holds. Takes what is no plain map or list (a `Secret`) as one piece. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
  return value;
}
