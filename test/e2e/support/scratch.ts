import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Owner } from "./owner.js";

/** A folder that is deleted after the test. */
export async function scratchFolder(owner: Owner, name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `einwahl-${name}-`));
  owner.teardown(async () => {
    await rm(folder, { recursive: true, force: true });
  });
  return folder;
}
