import { existsSync } from "node:fs";

import type { Environment } from "../config/references.js";

const usual = "config/einwahl.yaml";
const installed = "/etc/einwahl/einwahl.yaml";

/** The configuration file of a command: the given path, or the first default path that exists. */
export function configPath(named: string | undefined, environment: Environment): string {
  return named ?? environment["EINWAHL_CONFIG"] ?? (existsSync(usual) || !existsSync(installed) ? usual : installed);
}
