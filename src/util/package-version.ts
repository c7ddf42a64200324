import { readFileSync } from "node:fs";

/** The version in this package's package.json; `0` if it has none. */
export function packageVersion(): string {
  // From `dist/src` to the root of the package.
  const text: unknown = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8"));
  return typeof text === "object" && text !== null && "version" in text && typeof text.version === "string"
    ? text.version
    : "0";
}
