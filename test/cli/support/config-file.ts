import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { minimal } from "../../config/support.js";
import type { Owner } from "../../e2e/support/owner.js";
import { scratchFolder } from "../../e2e/support/scratch.js";

/** A configuration in its own folder, with its store in `data` there. */
export interface ConfigFile {
  readonly folder: string;
  readonly path: string;
}

/** @param sections replace sections of the minimal configuration */
export async function configFile(owner: Owner, sections: Readonly<Record<string, string>> = {}): Promise<ConfigFile> {
  const folder = await scratchFolder(owner, "config");
  const path = join(folder, "einwahl.yaml");
  await writeFile(path, minimal({ rooms: "{ store: data }", ...sections }));
  return { folder, path };
}
