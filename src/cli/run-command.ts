import { command, exitCodes } from "./command.js";
import { commonOptions } from "./options.js";

export const runCommand = command({
  name: "run",
  summary: "run the server (the same as no command)",
  positionals: "",
  details: [
    "Runs the server in the foreground and logs to standard output, or to logging.file. With an invalid configuration it lists all faults and exits with status 78.",
    "SIGTERM: exits within six seconds and ends no call: the next start, or another instance that shares the Redis, takes the calls over.",
    "SIGINT, and SIGTERM after `einwahl drain`: new calls are refused; current calls may continue for five minutes. A second signal ends them immediately.",
    "SIGHUP: reloads the configuration, like `einwahl reload`.",
    "SIGUSR1: ignored. By default Node would start a debugger with access to all memory.",
  ],
  options: { config: commonOptions.config },
  examples: ["einwahl run --config /etc/einwahl/einwahl.yaml"],
  async run({ options }, context) {
    const { configPath, loadedConfig } = await import("./loaded-config.js");
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
