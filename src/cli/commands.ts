import { callCommand } from "./call-command.js";
import { checkCommand } from "./check-command.js";
import type { Command } from "./command.js";
import { configInitCommand } from "./config-init-command.js";
import { drainCommand } from "./drain-command.js";
import { numbersCommand } from "./numbers-command.js";
import {
  exportPinsCommand,
  importPinsCommand,
  listPinsCommand,
  releasePinCommand,
  reservePinCommand,
} from "./pins-commands.js";
import { proveCommand } from "./prove-command.js";
import { reloadCommand } from "./reload-command.js";
import { runCommand } from "./run-command.js";
import { statusCommand } from "./status-command.js";

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  configInitCommand,
  checkCommand,
  runCommand,
  statusCommand,
  reloadCommand,
  drainCommand,
  numbersCommand,
  listPinsCommand,
  reservePinCommand,
  releasePinCommand,
  exportPinsCommand,
  importPinsCommand,
  callCommand,
  proveCommand,
];
