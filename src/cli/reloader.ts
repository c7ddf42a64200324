import type { Logger } from "pino";

import type { Einwahl } from "../app/einwahl.js";
import { loadConfig } from "../config/load.js";
import type { Environment } from "../config/references.js";
import type { ReloadAnswer } from "../control/answers.js";
import type { Reloading } from "../control/reloading.js";

export interface ReloaderOptions {
  /** The configuration file. */
  readonly path: string;
  readonly environment: Environment;
  readonly einwahl: Pick<Einwahl, "reload">;
  readonly logger: Logger;
}

/** Bounds the logged faults: a file that is not a configuration has thousands. */
const maxLogged = 20;

/** Reloads the configuration file and its secret files for the running instance. */
export class Reloader implements Reloading {
  readonly #options: ReloaderOptions;

  constructor(options: ReloaderOptions) {
    this.#options = options;
  }

  async reload(): Promise<ReloadAnswer> {
    const { path, environment, einwahl, logger } = this.#options;
    const loaded = loadConfig(path, environment);
    if (!loaded.ok) {
      logger.error(
        { faults: loaded.failure.map(({ path: at, message }) => `${at} ${message}`).slice(0, maxLogged) },
        "configuration rejected: nothing changed",
      );
      return {
        outcome: "refused",
        faults: loaded.failure.map(({ path: at, message, hint }) => ({ path: at, message, cure: hint })),
      };
    }
    const reloaded = await einwahl.reload(loaded.value);
    if (!reloaded.ok)
      return {
        outcome: "refused",
        faults: [
          {
            path: "the running instance",
            message: "is shutting down",
            cure: "start it again: it reads the file at the start",
          },
        ],
      };
    const { changed, needsRestart } = reloaded.value;
    logger.info({ changed, needsRestart }, "configuration reloaded");
    return { outcome: "reloaded", changed, needsRestart };
  }
}
