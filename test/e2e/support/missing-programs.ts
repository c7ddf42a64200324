import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * The reason for skipping a test that needs system programs, or false if they exist: `npm test` must pass on a machine
 * with Node only. With EINWAHL_TEST_PROGRAMS=required, as in .ci/run, the test fails instead of being skipped.
 */
export function missingPrograms(...names: readonly string[]): string | false {
  if (process.env["EINWAHL_TEST_PROGRAMS"] === "required") return false;
  const missing = [...names, "setpriv"].filter((name) => !isInPath(name));
  return missing.length === 0 ? false : `not installed: ${missing.join(", ")} (.ci/run installs them)`;
}

function isInPath(name: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return folder !== "";
    } catch {
      return false;
    }
  });
}
