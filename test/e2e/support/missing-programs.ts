import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * Why a test that needs programs of the system is skipped, or false if they are there: `npm test` has to pass on a machine
 * with nothing but Node. With EINWAHL_TEST_PROGRAMS=required, as in .ci/run, nothing is skipped and the test fails instead.
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
