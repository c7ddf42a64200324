import { formatFaults } from "../config/fault.js";
import type { ReloadAnswer } from "../control/answers.js";
import { command, type CommandContext, type ExitCode, exitCodes } from "./command.js";
import { commonOptions } from "./options.js";

export const reloadCommand = command({
  name: "reload",
  summary: "reload the configuration; calls continue",
  positionals: "",
  details: [
    "Current calls keep their settings; new calls use the new ones. An invalid file changes nothing. Settings that require a restart are listed.",
    "Exit status: 0 if the file was applied, 78 if it is invalid.",
  ],
  options: { config: commonOptions.config, socket: commonOptions.socket, json: commonOptions.json },
  examples: ["einwahl reload"],
  async run({ options }, context) {
    const { runningInstance, tellNoAnswer } = await import("./running-instance.js");
    const instance = runningInstance(options, context);
    if (instance === undefined) return exitCodes.configuration;
    context.terminal.progress("reloading the configuration ...");
    const answer = await instance.client.reload();
    if (!answer.ok) return tellNoAnswer(answer.failure, instance, context);
    if (options.json) context.terminal.print(JSON.stringify(answer.value));
    else tell(answer.value, context);
    return outcome(answer.value);
  },
});

function tell(answer: ReloadAnswer, { terminal }: CommandContext): void {
  if (answer.outcome === "refused") {
    terminal.note(formatFaults(answer.faults.map(({ path, message, cure }) => ({ path, message, hint: cure }))));
    terminal.note("Nothing was changed.");
    return;
  }
  terminal.print(answer.changed.length === 0 ? "No setting has changed." : terminal.style("good", "In effect:"));
  for (const change of answer.changed) terminal.print(`  ${change}`);
  if (answer.needsRestart.length === 0) return;
  terminal.print(terminal.style("warning", "Only after a restart:"));
  for (const setting of answer.needsRestart) terminal.print(`  ${setting}`);
}

function outcome({ outcome }: ReloadAnswer): ExitCode {
  return outcome === "reloaded" ? exitCodes.ok : exitCodes.configuration;
}
