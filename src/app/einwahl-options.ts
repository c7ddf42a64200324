import type { Logger } from "pino";
import type { Registry } from "prom-client";

import type { CallWatcher } from "../call/progress.js";
import type { Config } from "../config/config.js";
import type { Clock } from "../util/clock.js";
import type { LoopDelay } from "./own-load.js";
import type { TrunkParts } from "./trunk.js";

export interface EinwahlOptions extends Pick<TrunkParts, "resolver"> {
  readonly config: Config;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly watcher?: CallWatcher;
  /** Metrics of the process, which `main` collects once. */
  readonly processMetrics?: Registry;
  /** Why the log cannot be written now. */
  readonly logTrouble?: () => string | undefined;
  /** The mean delay of timers since the last call, in milliseconds. */
  readonly loopDelay?: LoopDelay;
}
