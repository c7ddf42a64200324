import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { minimal } from "../../config/support.js";
import type { Owner } from "../../e2e/support/owner.js";
import { scratchFolder } from "../../e2e/support/scratch.js";

/** A configuration in a folder of its own; what it keeps goes into `data` there. */
export interface ConfigFile {
  readonly folder: string;
  readonly path: string;
}

/** @param sections replace those of the least that is a configuration */
export async function configFile(owner: Owner, sections: Readonly<Record<string, string>> = {}): Promise<ConfigFile> {
  const folder = await scratchFolder(owner, "config");
  const path = join(folder, "einwahl.yaml");
  await writeFile(path, minimal({ rooms: "{ store: data }", ...sections }));
  return { folder, path };
}
