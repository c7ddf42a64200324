import { mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";

import { failure, type Result, success } from "../../util/result.js";
import type { ConfigText } from "./config-text.js";

export interface WrittenFiles {
  readonly written: readonly string[];
  /** Secrets that were there already and still count. */
  readonly kept: readonly string[];
}

/** What is there is not overwritten, and others can't read what is written. */
const modes = { file: 0o600, folder: 0o700 } as const;

/**
 * Writes the secrets, and then the configuration that names them. The failure is a sentence.
 *
 * @param path of the configuration
 * @param overwrites whether it, and secrets that somebody has typed, may be there
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
    ? `${path} is there already: name another one with --config, or overwrite it with --force`
    : `${path} can't be written: ${fault}`;
}

/** @returns the system's code for what is wrong */
async function writeOne(path: string, text: string, overwrites: boolean): Promise<string | undefined> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: modes.folder });
    const file = await open(path, overwrites ? "w" : "wx", modes.file);
    try {
      // One that is there keeps its mode otherwise, and the secret would be read by whoever could read the old one.
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
