import type { Config } from "../config/config.js";
import { formatFaults } from "../config/fault.js";
import { loadConfig } from "../config/load.js";
import type { CommandContext } from "./command.js";
import { configPath } from "./config-path.js";

/** The configuration that a command works with; `undefined` after its faults have been told. */
export function loadedConfig(named: string | undefined, { environment, terminal }: CommandContext): Config | undefined {
  const loaded = loadConfig(configPath(named, environment), environment);
  if (loaded.ok) return loaded.value;
  terminal.note(formatFaults(loaded.failure));
  return undefined;
}
