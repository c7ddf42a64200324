import type { Logger } from "pino";

import type { EndCause } from "../../call/cause.js";
import type { Clock } from "../../util/clock.js";

/** Time from the first refusal to the log line with the count, in milliseconds. */
const everyMs = 60_000;

/**
 * Counts refused calls and logs at most one line a minute. Scanners send thousands of INVITEs an hour: one line each
 * would let unknown sources fill the disk and hide regular calls.
 */
export class RefusalSums {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #counts = new Map<EndCause, number>();
  #cancelTimer: (() => void) | undefined;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  add(cause: EndCause): void {
    this.#counts.set(cause, (this.#counts.get(cause) ?? 0) + 1);
    this.#cancelTimer ??= this.#clock.after(everyMs, () => {
      this.flush();
    });
  }

  /** Logs the current counts. */
  flush(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#counts.size === 0) return;
    const refused = Object.fromEntries(this.#counts);
    this.#counts.clear();
    this.#logger.info({ refused, withinSeconds: everyMs / 1_000 }, "calls refused");
  }
}
