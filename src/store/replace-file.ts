import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

import { messageOf } from "../util/error-message.js";
import { failure, type Result, success } from "../util/result.js";

/**
 * Replaces a file atomically: after a crash it has the old or the new content. Mode 0600.
 *
 * @returns on failure the reason in one line; the file then keeps the old content
 */
export async function replaceFile(path: string, text: string): Promise<Result<void, string>> {
  try {
    const file = await open(`${path}.new`, "w", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
    const directory = await open(dirname(path), "r");
    await directory.sync().finally(() => directory.close());
    return success(undefined);
  } catch (error) {
    // A full disk needs the space.
    await rm(`${path}.new`, { force: true }).catch(() => undefined);
    return failure(`${path} can't be written: ${messageOf(error)}`);
  }
}
