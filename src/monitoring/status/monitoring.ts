import type { Logger } from "pino";
import type { Registry } from "prom-client";

import { type CallWatcher, regularOnly, watchTogether } from "../../call/call-watcher.js";
import type { Clock } from "../../util/clock.js";
import { packageVersion } from "../../util/package-version.js";
import { CallLog } from "../log/call-log.js";
import { Metrics } from "../metrics/metrics.js";
import { buildStatus } from "./build-status.js";
import { CallBoard } from "./call-board.js";
import { type Health, healthOf } from "./health.js";
import type { Parts } from "./parts.js";
import type { StatusReport } from "./status-report.js";

export interface MonitoringOptions {
  readonly parts: () => Parts;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Metrics of the whole process, to be told together with einwahl's own. */
  readonly processMetrics: Registry | undefined;
  /** Somebody else who watches calls. */
  readonly watcher: CallWatcher | undefined;
}

/** What an operator gets to know: the log's line for each call, metrics, status and health. */
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

  /** Whether a call would work now, and if not, why. */
  readonly health = (): Health => healthOf(this.#options.parts());

  /** Everything that an operator wants to know, without callers and PINs. */
  readonly status = (): StatusReport =>
    buildStatus(this.#options.parts(), {
      version: this.#version,
      startedAt: this.#startedAt,
      now: Date.now(),
      clockNow: this.#options.clock.now(),
      board: this.#board,
    });

  /** No call is watched any more. */
  close(): void {
    this.#callLog.close();
  }
}
