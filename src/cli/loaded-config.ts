import { existsSync } from "node:fs";

import type { Config } from "../config/config.js";
import { formatFaults } from "../config/fault.js";
import { loadConfig } from "../config/load.js";
import type { Environment } from "../config/references.js";
import type { CommandContext } from "./command.js";

/** The configuration of a command; `undefined` after printing its faults. */
export function loadedConfig(named: string | undefined, { environment, terminal }: CommandContext): Config | undefined {
  const loaded = loadConfig(configPath(named, environment), environment);
  if (loaded.ok) return loaded.value;
  terminal.note(formatFaults(loaded.failure));
  return undefined;
}

const usual = "config/einwahl.yaml";
const installed = "/etc/einwahl/einwahl.yaml";

/** The configuration file of a command: the given path, or the first default path that exists. */
export function configPath(named: string | undefined, environment: Environment): string {
  return named ?? environment["EINWAHL_CONFIG"] ?? (existsSync(usual) || !existsSync(installed) ? usual : installed);
}
