import { callCommand } from "./call-command.js";
import type { Command } from "./command.js";
import { drainCommand } from "./drain-command.js";
import { numbersCommand } from "./numbers-command.js";
import { reloadCommand } from "./reload-command.js";
import { runCommand } from "./run-command.js";
import { statusCommand } from "./status-command.js";

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  runCommand,
  statusCommand,
  reloadCommand,
  drainCommand,
  numbersCommand,
  callCommand,
];
