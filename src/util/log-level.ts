import type { Logger } from "pino";

import type { Clock } from "./clock.js";

export type LogLevel = "debug" | "info" | "warn" | "error";

/** A temporary log level. A timer restores the configured level, even if the operator's command is killed. */
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

  /** Applies to calls that start from now on. @param forMs milliseconds until the level is restored */
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
