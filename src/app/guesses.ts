import type { Logger } from "pino";

import type { Config } from "../config/config.js";
import type { GuessCounts } from "../store/guess-counts.js";
import { GuessThrottle } from "../store/guess-throttle.js";
import type { Clock } from "../util/clock.js";

/** @param shared the counts of all instances; `undefined`: single instance, or the store is not open yet */
export function makeGuessThrottle(
  config: () => Config,
  shared: () => GuessCounts | undefined,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): GuessThrottle {
  return new GuessThrottle({
    clock,
    settings: () => config().calls.guessing,
    shared,
    onBug: (error) => {
      logger.error({ err: error }, "unexpected error");
    },
  });
}
