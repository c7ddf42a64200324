import type { Logger } from "pino";
import type { Config } from "../config/config.js";
import { Einwahl } from "../einwahl.js";
import type { Log } from "../log/open-log.js";
import { processMetrics } from "../metrics/metrics.js";
import type { CommandContext } from "./command.js";
import { type ExitCode, exitCodes } from "./exit-code.js";

/** How long calls may go on after SIGTERM, in milliseconds; a second signal ends them at once. */
const drainMs = 5 * 60_000;

/** Runs the server until a signal ends it. */
export async function serve(config: Config, log: Log, context: CommandContext): Promise<ExitCode> {
  const { logger } = log;
  context.onUncaught((error) => {
    // A bug, in a library's listener perhaps: the calls that are up need not suffer for it.
    logger.error({ err: error }, "bug");
  });
  let einwahl: Einwahl;
  try {
    einwahl = await Einwahl.start({ config, logger, clock: context.clock, logTrouble: log.trouble, processMetrics: processMetrics() });
  } catch (error) {
    logger.fatal({ err: error }, "einwahl can't start");
    return exitCodes.failed;
  }
  logger.info({ http: einwahl.httpPort }, "einwahl is running");
  return await untilStopped(einwahl, logger, context);
}

async function untilStopped(einwahl: Einwahl, logger: Logger, context: CommandContext): Promise<ExitCode> {
  return await new Promise<ExitCode>((resolve) => {
    let signals = 0;
    const stop = (signal: "SIGINT" | "SIGTERM"): void => {
      signals += 1;
      logger.info({ signal }, signals === 1 ? "shutting down" : "shutting down now");
      einwahl.stop(signals === 1 ? drainMs : 0).then(
        () => {
          resolve(exitCodes.ok);
        },
        (error: unknown) => {
          logger.error({ err: error }, "bug");
          resolve(exitCodes.failed);
        },
      );
    };
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      context.onSignal(signal, () => {
        stop(signal);
      });
    }
  });
}
