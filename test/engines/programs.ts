import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** What the tests against the real engines need in the PATH. */
const needed = ["drachtio", "freeswitch"] as const;

/** The reason why the real engines can't be started here; undefined if they can. */
export function missingEngines(): string | undefined {
  return missingIn(needed);
}

/** The programs that are not in the PATH, as text; undefined if all are. */
export function missingIn(names: readonly string[]): string | undefined {
  const missing = names.filter((name) => !isInPath(name));
  return missing.length === 0 ? undefined : `not in the PATH: ${missing.join(", ")}`;
}

/** The FreeSWITCH of the BBB servers: EINWAHL_TEST_BBB_FREESWITCH, or the media server's. */
export function bbbFreeSwitch(): string {
  const named = process.env["EINWAHL_TEST_BBB_FREESWITCH"] ?? "";
  return named === "" ? "freeswitch" : named;
}

/** A FreeSWITCH's version output, on one line. */
export function versionOf(freeswitch: string): string {
  const { stdout, error } = spawnSync(freeswitch, ["-version"], { encoding: "utf8" });
  return error === undefined ? stdout.trim() : `${freeswitch}: ${error.message}`;
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
