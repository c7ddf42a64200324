import { command } from "./command.js";
import { exitCodes } from "./exit-code.js";
import { commonOptions } from "./options.js";
import { instanceOptions, runningInstance, tellNoAnswer } from "./running-instance.js";
import { statusText } from "./status-text.js";

export const statusCommand = command({
  name: "status",
  summary: "show whether calls would work now, and why not",
  positionals: "",
  details: [
    "Asks the running instance how its trunks, engines and BBB servers are, what the calls that are up do, and how those of the last day ended. Nothing in it tells who called or which PIN was typed.",
    "Ends with 0 when a call would work now, 1 when not, 69 when nothing runs.",
  ],
  options: { config: commonOptions.config, ...instanceOptions, json: commonOptions.json },
  examples: ["einwahl status", "einwahl status --json | jq .reasons"],
  async run({ options }, context) {
    const instance = runningInstance(options, context);
    if (instance === undefined) return exitCodes.configuration;
    const { statusReport } = await import("../status/status-report.js");
    const report = await instance.client.status(statusReport);
    if (!report.ok) return tellNoAnswer(report.failure, instance, context);
    const { terminal } = context;
    terminal.print(options.json ? JSON.stringify(report.value) : statusText(report.value, (style, text) => terminal.style(style, text)));
    return report.value.state === "not-ready" ? exitCodes.failed : exitCodes.ok;
  },
});
