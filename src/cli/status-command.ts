import { command } from "./command.js";
import { exitCodes } from "./exit-code.js";
import { commonOptions } from "./options.js";
import type { Style } from "./terminal.js";

export const statusCommand = command({
  name: "status",
  summary: "show whether calls would work now, and why not",
  positionals: "",
  details: [
    "Asks the running instance how its trunks, engines and BBB servers are, what the calls that are up do, and how those of the last day ended. Nothing in it tells who called or which PIN was typed.",
    "Ends with 0 when a call would work now, 1 when not, 69 when nothing runs.",
  ],
  options: {
    config: commonOptions.config,
    socket: commonOptions.socket,
    all: { kind: "flag", short: "a", summary: "show every part, even if it does not fit a screen" },
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
