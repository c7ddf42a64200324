import { mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";

import { failure, type Result, success } from "../../util/result.js";
import type { ConfigText } from "./config-text.js";

export interface WrittenFiles {
  readonly written: readonly string[];
  /** Existing secrets that were kept. */
  readonly kept: readonly string[];
}

/** Existing files are not overwritten; new files are readable only by their owner. */
const modes = { file: 0o600, folder: 0o700 } as const;

/**
 * Writes the secrets, then the configuration. The failure is a sentence.
 *
 * @param path of the configuration
 * @param overwrites whether to replace an existing configuration and typed secrets
 */
export async function writeFiles(
  path: string,
  { yaml, secrets }: ConfigText,
  overwrites: boolean,
): Promise<Result<WrittenFiles, string>> {
  const written: string[] = [];
  const kept: string[] = [];
  const folder = dirname(path);
  for (const secret of secrets) {
    const at = join(folder, secret.path);
    const fault = await writeOne(at, secret.text, overwrites && !secret.isChosen);
    if (fault === undefined) written.push(at);
    else if (fault === "EEXIST" && secret.isChosen) kept.push(at);
    else return failure(faultText(at, fault));
  }
  const fault = await writeOne(path, yaml, overwrites);
  return fault === undefined ? success({ written: [...written, path], kept }) : failure(faultText(path, fault));
}

export function faultText(path: string, fault: string): string {
  return fault === "EEXIST"
    ? `${path} already exists: write another path with --config, or overwrite it with --force`
    : `${path} can't be written: ${fault}`;
}

/** @returns the system's error code */
async function writeOne(path: string, text: string, overwrites: boolean): Promise<string | undefined> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: modes.folder });
    const file = await open(path, overwrites ? "w" : "wx", modes.file);
    try {
      // An existing file would keep its mode, which may let other users read the secret.
      await file.chmod(modes.file);
      await file.writeFile(text);
    } finally {
      await file.close();
    }
    return undefined;
  } catch (error) {
    if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
    throw error;
  }
}
