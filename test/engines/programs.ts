import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** What the tests against the real engines need in the PATH. */
const needed = ["drachtio", "freeswitch"] as const;

/** Why the real engines can't be started here; undefined if they can. */
export function missingEngines(): string | undefined {
  return missingIn(needed);
}

/** Which of the programs are not in the PATH, in words; undefined if all are. */
export function missingIn(names: readonly string[]): string | undefined {
  const missing = names.filter((name) => !isInPath(name));
  return missing.length === 0 ? undefined : `not in the PATH: ${missing.join(", ")}`;
}

/** The FreeSWITCH on the side of the BBB servers: another one than the media server's where EINWAHL_TEST_BBB_FREESWITCH names one. */
export function bbbFreeSwitch(): string {
  const named = process.env["EINWAHL_TEST_BBB_FREESWITCH"] ?? "";
  return named === "" ? "freeswitch" : named;
}

/** What a FreeSWITCH says of its version, on one line. */
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
