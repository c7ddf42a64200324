import { formatFaults } from "../config/fault.js";
import type { ReloadAnswer } from "../control/answers.js";
import { command, type CommandContext } from "./command.js";
import { type ExitCode, exitCodes } from "./exit-code.js";
import { commonOptions } from "./options.js";

export const reloadCommand = command({
  name: "reload",
  summary: "read the configuration again, while calls go on",
  positionals: "",
  details: [
    "Calls that are up stay as they are; the next one has the new settings. A file with faults changes nothing. What has an effect only after a restart is named.",
    "Ends with 0 when the file was taken over, 78 when it has faults.",
  ],
  options: { config: commonOptions.config, socket: commonOptions.socket, json: commonOptions.json },
  examples: ["einwahl reload"],
  async run({ options }, context) {
    const { runningInstance, tellNoAnswer } = await import("./running-instance.js");
    const instance = runningInstance(options, context);
    if (instance === undefined) return exitCodes.configuration;
    context.terminal.progress("reading the configuration again ...");
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
  terminal.print(answer.changed.length === 0 ? "Nothing is different." : terminal.style("good", "In effect:"));
  for (const change of answer.changed) terminal.print(`  ${change}`);
  if (answer.needsRestart.length === 0) return;
  terminal.print(terminal.style("warning", "Only after a restart:"));
  for (const setting of answer.needsRestart) terminal.print(`  ${setting}`);
}

function outcome({ outcome }: ReloadAnswer): ExitCode {
  return outcome === "reloaded" ? exitCodes.ok : exitCodes.configuration;
}
