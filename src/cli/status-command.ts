import { command, exitCodes } from "./command.js";
import { commonOptions } from "./options.js";
import type { Style } from "./terminal.js";

export const statusCommand = command({
  name: "status",
  summary: "show whether calls work, and the reasons if not",
  positionals: "",
  details: [
    "Shows the state of trunks, engines and BBB servers of the running instance, the stages of current calls, and the causes of calls that ended in the last 24 hours. It contains no callers' numbers and no PINs.",
    "Exit status: 0 if calls work now, 1 if not, 69 if einwahl is not running.",
  ],
  options: {
    config: commonOptions.config,
    socket: commonOptions.socket,
    all: { kind: "flag", short: "a", summary: "show everything, even beyond one screen" },
    json: commonOptions.json,
  },
  examples: ["einwahl status", "watch -n 2 einwahl status", "einwahl status --json | jq .reasons"],
  async run({ options }, context) {
    const { runningInstance, tellNoAnswer } = await import("./running-instance.js");
    const instance = runningInstance(options, context);
    if (instance === undefined) return exitCodes.configuration;
    const [{ statusReport }, { statusText }] = await Promise.all([
      import("../monitoring/status/status-report.js"),
      import("./status-text.js"),
    ]);
    const report = await instance.client.status(statusReport);
    if (!report.ok) return tellNoAnswer(report.failure, instance, context);
    const { terminal } = context;
    const paint = (style: Style, text: string): string => terminal.style(style, text);
    terminal.print(
      options.json
        ? JSON.stringify(report.value)
        : statusText(report.value, { paint, columns: terminal.columns, all: options.all }),
    );
    return report.value.state === "not-ready" ? exitCodes.failed : exitCodes.ok;
  },
});
