import { collectDefaultMetrics, Counter, Registry } from "prom-client";

import type { CallWatcher } from "../../call/progress.js";
import type { CallBoard } from "../status/call-board.js";
import type { Components } from "../status/components.js";
import { CallMetrics } from "./call-metrics.js";
import { addPartMetrics } from "./part-metrics.js";

export interface MetricsOptions {
  readonly parts: () => Components;
  readonly board: CallBoard;
  readonly version: string;
  /** Registry of `processMetrics`, one for the process. */
  readonly process: Registry | undefined;
}

/** CPU, memory, event-loop delay and the like. Call once per process: prom-client cannot remove them. */
export function processMetrics(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

/**
 * All exported metrics. Label values come from the configuration or are constants: none contains a number, a PIN or a
 * meeting id, and callers cannot influence them.
 */
export class Metrics {
  readonly #registry: Registry;
  readonly #parts: () => Components;
  readonly #calls: CallMetrics;
  readonly #requests: Counter<"route" | "status">;

  constructor({ parts, board, version, process }: MetricsOptions) {
    const own = new Registry();
    this.#parts = parts;
    addPartMetrics(own, parts, board, version);
    this.#calls = new CallMetrics(own, board);
    this.#requests = new Counter({
      name: "einwahl_http_requests_total",
      help: "HTTP requests answered, by route and status class.",
      labelNames: ["route", "status"],
      registers: [own],
    });
    this.#registry = process === undefined ? own : Registry.merge([own, process]);
  }

  get watcher(): CallWatcher {
    return this.#calls;
  }

  /** @param route path of a route of this program, or a constant for all other paths */
  requestAnswered(route: string, status: number): void {
    this.#requests.inc({ route, status: `${Math.floor(status / 100)}xx` });
  }

  /** Prometheus text format. */
  async text(): Promise<string> {
    this.#calls.expectTrunks(this.#parts().trunks.map(({ name }) => name));
    return await this.#registry.metrics();
  }
}
