import { callCommand } from "./call-command.js";
import type { Command } from "./command.js";
import { runCommand } from "./run-command.js";

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  runCommand,
  callCommand,
];
