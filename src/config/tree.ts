import type { Path } from "./fault.js";

/** A parsed YAML file: maps, lists, texts, numbers, booleans and null. */
export type Tree = unknown;

export function isMap(value: Tree): value is Readonly<Record<string, Tree>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The own entry of a map; `undefined` if there is no such entry or no map. */
export function entryOf(value: Tree, key: string): Tree {
  return isMap(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** The items of a list with their indices; empty if the value is not a list. */
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

/** Deep-freezes plain maps and lists. Leaves other objects, such as `Secret`, as they are. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
  return value;
}
