import type { Logger } from "pino";
import type { Registry } from "prom-client";

import { type CallWatcher, regularOnly, watchTogether } from "../../call/progress.js";
import type { Clock } from "../../util/clock.js";
import { packageVersion } from "../../util/package-version.js";
import { CallLog } from "../log/call-log.js";
import { Metrics } from "../metrics/metrics.js";
import { buildStatus } from "./build-status.js";
import { CallBoard } from "./call-board.js";
import type { Components } from "./components.js";
import { type Health, healthOf } from "./health.js";
import type { StatusReport } from "./status-report.js";

export interface MonitoringOptions {
  readonly parts: () => Components;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Metrics of the process, exported together with those of einwahl. */
  readonly processMetrics: Registry | undefined;
  /** A further watcher of calls. */
  readonly watcher: CallWatcher | undefined;
}

/** Monitoring for operators: call log, metrics, status and health. */
export class Monitoring {
  readonly metrics: Metrics;
  /** Synthetic calls reach the log only: they are counted nowhere. */
  readonly watcher: Required<CallWatcher>;
  readonly #options: MonitoringOptions;
  readonly #callLog: CallLog;
  readonly #board = new CallBoard(Date.now);
  readonly #version = packageVersion();
  readonly #startedAt = Date.now();

  constructor(options: MonitoringOptions) {
    this.#options = options;
    this.metrics = new Metrics({
      parts: options.parts,
      board: this.#board,
      version: this.#version,
      process: options.processMetrics,
    });
    const more = options.watcher === undefined ? [] : [options.watcher];
    this.#callLog = new CallLog(options.logger, options.clock);
    this.watcher = watchTogether([
      this.#callLog,
      regularOnly(watchTogether([this.#board, this.metrics.watcher, ...more])),
    ]);
  }

  /** Whether a new call would work now, and the reasons if not. */
  readonly health = (): Health => healthOf(this.#options.parts());

  /** The status for operators, without caller numbers and PINs. */
  readonly status = (): StatusReport =>
    buildStatus(this.#options.parts(), {
      version: this.#version,
      startedAt: this.#startedAt,
      now: Date.now(),
      clockNow: this.#options.clock.now(),
      board: this.#board,
    });

  /** Stops watching calls. */
  close(): void {
    this.#callLog.close();
  }
}
