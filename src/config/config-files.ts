import { readFileSync, statSync } from "node:fs";

import { failure, type Result, success } from "../util/result.js";

export type FileFault = "not-found" | "not-readable" | "no-file" | "too-large";

/** Access to the files of a configuration. */
export interface ConfigFiles {
  /** Reads a text file of at most `maxBytes` bytes. */
  read(path: string, maxBytes: number): Result<string, FileFault>;
}

/** The local file system. Synchronous, because nothing else runs before the configuration is loaded. */
export const machineFiles: ConfigFiles = {
  read(path, maxBytes) {
    try {
      const facts = statSync(path);
      // Reading a pipe or a device could block or never end.
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

/** The predicate of a sentence whose subject is the file or the setting. */
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
