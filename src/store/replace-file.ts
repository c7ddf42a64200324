import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

import { messageOf } from "../util/error-message.js";
import { failure, type Result, success } from "../util/result.js";

/**
 * Replaces a file as a whole: after a crash the old or the new text is there, and only this user may read it.
 *
 * @returns on failure why it can't be written, in one line; the old text is still there then
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
    // On a disk that is full the room is needed.
    await rm(`${path}.new`, { force: true }).catch(() => undefined);
    return failure(`${path} can't be written: ${messageOf(error)}`);
  }
}
