import { existsSync } from "node:fs";

import type { Environment } from "../config/references.js";

const usual = "config/einwahl.yaml";
const installed = "/etc/einwahl/einwahl.yaml";

/** The configuration file that a command reads: the one named, or the one in the usual places. */
export function configPath(named: string | undefined, environment: Environment): string {
  return named ?? environment["EINWAHL_CONFIG"] ?? (existsSync(usual) || !existsSync(installed) ? usual : installed);
}
