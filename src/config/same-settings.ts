import { Confidential } from "../caller/secret.js";

/** Whether two parts of a configuration are equal, including secrets. */
export function sameSettings(left: unknown, right: unknown): boolean {
  if (left instanceof Confidential || right instanceof Confidential)
    return left instanceof Confidential && right instanceof Confidential && left.equals(right);
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null)
    return Object.is(left, right);
  const [leftEntries, rightKeys] = [Object.entries(left), Object.keys(right)];
  return (
    Array.isArray(left) === Array.isArray(right) &&
    leftEntries.length === rightKeys.length &&
    leftEntries.every(
      ([key, value]) =>
        Object.hasOwn(right, key) && sameSettings(value, (right as Readonly<Record<string, unknown>>)[key]),
    )
  );
}
