import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** What the tests against the real engines need in the PATH. */
const needed = ["drachtio", "freeswitch"] as const;

/** Why the real engines can't be started here; undefined if they can. */
export function missingEngines(): string | undefined {
  const missing = needed.filter((name) => !isInPath(name));
  return missing.length === 0 ? undefined : `not in the PATH: ${missing.join(", ")}`;
}

function isInPath(name: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    if (folder === "") return false;
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
