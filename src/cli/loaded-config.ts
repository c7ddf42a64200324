import type { Config } from "../config/config.js";
import { formatFaults } from "../config/fault.js";
import { loadConfig } from "../config/load.js";
import type { CommandContext } from "./command.js";
import { configPath } from "./config-path.js";

/** The configuration of a command; `undefined` after printing its faults. */
export function loadedConfig(named: string | undefined, { environment, terminal }: CommandContext): Config | undefined {
  const loaded = loadConfig(configPath(named, environment), environment);
  if (loaded.ok) return loaded.value;
  terminal.note(formatFaults(loaded.failure));
  return undefined;
}
