import { command } from "./command.js";
import { configPath } from "./config-path.js";
import { exitCodes } from "./exit-code.js";
import { commonOptions } from "./options.js";

export const runCommand = command({
  name: "run",
  summary: "run the server (the same as no command)",
  positionals: "",
  details: [
    "Runs the server in the foreground and logs to standard output, or to the files of logging.file. A configuration with faults is refused with status 78, and every fault is listed.",
    "SIGTERM and SIGINT: no new calls; those that are up may go on for five minutes. A second signal ends them at once.",
    "SIGHUP: reads the configuration again, as `einwahl reload` does.",
    "SIGUSR1: is ignored. Node's own answer to it is a debugger that shows all memory.",
  ],
  options: { config: commonOptions.config },
  examples: ["einwahl run --config /etc/einwahl/einwahl.yaml"],
  async run({ options }, context) {
    const { loadedConfig } = await import("./loaded-config.js");
    context.onSignal("SIGUSR1", () => undefined);
    const path = configPath(options.config, context.environment);
    const config = loadedConfig(path, context);
    if (config === undefined) return exitCodes.configuration;
    const [{ openLog }, { serve }] = await Promise.all([import("../monitoring/log/open-log.js"), import("./serve.js")]);
    const log = openLog(config.logging, context.clock, (text) => {
      context.terminal.note(text);
    });
    try {
      return await serve(config, path, log, context);
    } finally {
      await log.close();
    }
  },
});
