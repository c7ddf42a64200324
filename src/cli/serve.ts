import type { Logger } from "pino";

import { Einwahl } from "../app/einwahl.js";
import type { Config } from "../config/config.js";
import { type ControlHandlers, ControlServer } from "../control/control-server.js";
import type { LogControl } from "../control/log-routes.js";
import type { Reloading } from "../control/reloading.js";
import { LibraryOutputLog } from "../monitoring/log/library-output.js";
import type { Log } from "../monitoring/log/open-log.js";
import { processMetrics } from "../monitoring/metrics/metrics.js";
import { RaisedLogLevel } from "../util/log-level.js";
import { failure, type Result, success } from "../util/result.js";
import { type CommandContext, type ExitCode, exitCodes } from "./command.js";
import { eventLoopDelay } from "./event-loop-delay.js";
import { Reloader } from "./reloader.js";

/** The grace period for calls after SIGINT or `einwahl drain`, in milliseconds; a second signal ends them immediately. */
export const drainMs = 5 * 60_000;

/**
 * Runs the server until a signal ends it.
 *
 * @param path of the configuration file, reloaded on SIGHUP
 */
export async function serve(config: Config, path: string, log: Log, context: CommandContext): Promise<ExitCode> {
  const { logger } = log;
  context.onUncaught((error) => {
    // A bug, such as in a library's listener, must not end current calls.
    logger.error({ err: error }, "unexpected error");
  });
  const libraryOutput = new LibraryOutputLog(logger, context.clock);
  const giveBack = context.onLibraryOutput((output) => {
    libraryOutput.note(output);
  });
  try {
    return await serveWith(config, path, log, context);
  } finally {
    giveBack();
    libraryOutput.close();
  }
}

async function serveWith(config: Config, path: string, log: Log, context: CommandContext): Promise<ExitCode> {
  const { logger } = log;
  let handlers: ControlHandlers | undefined;
  // Open the control socket first: a second instance would take over the running one's trunk registration.
  const control = await openControl(config, logger, () => handlers);
  if (!control.ok) return exitCodes.failed;
  try {
    const einwahl = await Einwahl.start({
      config,
      logger,
      clock: context.clock,
      logTrouble: log.trouble,
      processMetrics: processMetrics(),
      loopDelay: eventLoopDelay(),
    });
    logger.info(
      { http: einwahl.httpPort, operators: einwahl.operatorsPort, control: config.control.socket },
      "einwahl is running",
    );
    const reloading = new Reloader({ path, environment: context.environment, einwahl, logger });
    handlers = handlersOf(einwahl, reloading, logControl(logger, context));
    const ignoreHangUp = reloadOnHangUp(reloading, logger, context);
    try {
      return await untilStopped(einwahl, logger, context);
    } finally {
      ignoreHangUp();
    }
  } catch (error) {
    logger.fatal({ err: error }, "einwahl cannot start");
    return exitCodes.failed;
  } finally {
    await control.value?.close();
  }
}

/** Opens the control socket. Fails if another instance uses it; other errors are logged, because calls do not need it. */
async function openControl(
  config: Config,
  logger: Logger,
  handlers: () => ControlHandlers | undefined,
): Promise<Result<ControlServer | undefined, "held">> {
  const path = config.control.socket;
  const onBug = (error: unknown): void => {
    logger.error({ err: error }, "unexpected error");
  };
  const opened = await ControlServer.open({ path, handlers, onBug });
  if (opened.ok) return success(opened.value);
  if (opened.failure === "held") {
    logger.fatal(
      { control: path },
      "control socket in use by another instance: stop it, or set another control.socket",
    );
    return failure("held");
  }
  logger.error(
    { control: path, why: opened.failure.why },
    "cannot open the control socket: einwahl status, reload and drain are not available",
  );
  return success(undefined);
}

function reloadOnHangUp(reloading: Reloading, logger: Logger, context: CommandContext): () => void {
  return context.onSignal("SIGHUP", () => {
    reloading.reload().catch((error: unknown) => {
      logger.error({ err: error }, "unexpected error");
    });
  });
}

function handlersOf(einwahl: Einwahl, reloading: Reloading, log: LogControl): ControlHandlers {
  return {
    status: () => einwahl.status(),
    drain(isOn) {
      if (isOn) einwahl.drain();
      else einwahl.resume();
    },
    drainState: () => ({ isDraining: einwahl.isDraining, calls: einwahl.counts().calls }),
    reloading,
    rooms: () => einwahl.pins?.rooms,
    openRooms: async () => (await einwahl.pins?.openRooms()) ?? failure("it is ending"),
    log,
  };
}

function logControl(logger: Logger, { clock, terminal }: CommandContext): LogControl {
  return {
    level: new RaisedLogLevel(logger, clock),
    plant: (planted) => {
      logger.info({ planted }, "planted by einwahl prove: not the number of a caller");
      terminal.note(`planted by einwahl prove: ${planted}`);
    },
  };
}

/** SIGTERM is an update: the calls go on in the next process. SIGINT, or SIGTERM while draining: this host goes away. */
async function end(einwahl: Einwahl, signal: "SIGINT" | "SIGTERM", signals: number, logger: Logger): Promise<void> {
  if (signal === "SIGTERM" && signals === 1 && !einwahl.isDraining) {
    logger.info({ signal }, "handing over to the next process");
    await einwahl.handOver();
    return;
  }
  logger.info({ signal }, signals === 1 ? "shutting down" : "shutting down now");
  await einwahl.stop(signals === 1 ? drainMs : 0);
}

async function untilStopped(einwahl: Einwahl, logger: Logger, context: CommandContext): Promise<ExitCode> {
  return await new Promise<ExitCode>((resolve) => {
    let signals = 0;
    const stop = (signal: "SIGINT" | "SIGTERM"): void => {
      signals += 1;
      const ending = end(einwahl, signal, signals, logger);
      ending.then(
        () => {
          resolve(exitCodes.ok);
        },
        (error: unknown) => {
          logger.error({ err: error }, "unexpected error");
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
