import { readFileSync, statSync } from "node:fs";

import { failure, type Result, success } from "../util/result.js";

export type FileFault = "not-found" | "not-readable" | "no-file" | "too-large";

/** The files that a configuration is made of. */
export interface ConfigFiles {
  /** The text of a file of at most `maxBytes` bytes. */
  read(path: string, maxBytes: number): Result<string, FileFault>;
}

/** The files of this machine. Read at once, not in turns: nothing else runs before there is a configuration. */
export const machineFiles: ConfigFiles = {
  read(path, maxBytes) {
    try {
      const facts = statSync(path);
      // A pipe or a device could keep us waiting, or never end.
      if (!facts.isFile()) return failure("no-file");
      if (facts.size > maxBytes) return failure("too-large");
      return success(readFileSync(path, "utf8"));
    } catch (error) {
      return failure(isNotFound(error) ? "not-found" : "not-readable");
    }
  },
};

function isNotFound(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}

/** What is wrong, to be read after the name of the file or the setting. */
export function describeFileFault(fault: FileFault): string {
  switch (fault) {
    case "not-found":
      return "does not exist";
    case "not-readable":
      return "can't be read";
    case "no-file":
      return "is not a file";
    case "too-large":
      return "is too large";
  }
}
