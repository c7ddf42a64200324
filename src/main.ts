#!/usr/bin/env node
import process from "node:process";
import { pino } from "pino";
import { systemClock } from "./clock.js";
import { loadConfig } from "./config/load.js";
import { formatFaults } from "./config/fault.js";
import { Einwahl } from "./einwahl.js";

/** EX_CONFIG of sysexits.h: a supervisor need not try again. */
const configurationFault = 78;
/** How long calls may go on after SIGTERM, in milliseconds; a second signal ends them at once. */
const drainMs = 5 * 60_000;

const path = process.env["EINWAHL_CONFIG"] ?? "config/einwahl.yaml";
const loaded = loadConfig(path, process.env);
if (!loaded.ok) {
  process.stderr.write(`${formatFaults(loaded.failure)}\n`);
  process.exit(configurationFault);
}

const logger = pino({ level: loaded.value.logging.level });
process.on("uncaughtException", (error) => {
  // A bug, in a library's listener perhaps: the calls that are up need not suffer for it.
  logger.error({ err: error }, "bug");
});

try {
  const einwahl = await Einwahl.start({ config: loaded.value, logger, clock: systemClock });
  logger.info({ http: einwahl.httpPort }, "einwahl is running");
  let signals = 0;
  const stop = (signal: NodeJS.Signals): void => {
    signals += 1;
    logger.info({ signal }, signals === 1 ? "shutting down" : "shutting down now");
    einwahl.stop(signals === 1 ? drainMs : 0).then(
      () => {
        process.exit(0);
      },
      (error: unknown) => {
        logger.error({ err: error }, "bug");
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
} catch (error) {
  logger.fatal({ err: error }, "einwahl can't start");
  process.exit(1);
}
