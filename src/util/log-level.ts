import type { Logger } from "pino";

import type { Clock } from "./clock.js";

export type LogLevel = "debug" | "info" | "warn" | "error";

/** The level of the log while an operator has it raised; it returns to the configured one after a time, whatever becomes of the operator. */
export class RaisedLogLevel {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #configured: string;
  #cancelTimer: () => void = () => undefined;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
    this.#configured = logger.level;
  }

  get level(): string {
    return this.#logger.level;
  }

  /** Calls that begin from now on log at this level. @param forMs after which it is restored */
  raise(level: LogLevel, forMs: number): void {
    this.#cancelTimer();
    this.#logger.level = level;
    this.#cancelTimer = this.#clock.after(forMs, () => {
      this.restore();
    });
  }

  restore(): void {
    this.#cancelTimer();
    this.#logger.level = this.#configured;
  }
}
