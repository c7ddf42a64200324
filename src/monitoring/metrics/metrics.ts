import { collectDefaultMetrics, Counter, Registry } from "prom-client";

import type { CallWatcher } from "../../call/call-watcher.js";
import type { CallBoard } from "../status/call-board.js";
import type { Parts } from "../status/parts.js";
import { CallMetrics } from "./call-metrics.js";
import { addPartMetrics } from "./part-metrics.js";

export interface MetricsOptions {
  readonly parts: () => Parts;
  readonly board: CallBoard;
  readonly version: string;
  /** Those of the whole process, see `processMetrics`. */
  readonly process: Registry | undefined;
}

/** CPU, memory, event-loop delay and the like. Once for each process: they can't be taken down again. */
export function processMetrics(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

/**
 * Everything that Prometheus is told. Labels are names of the configuration and words of this program: none holds a
 * number, a PIN or a meeting, and none can be chosen by a caller.
 */
export class Metrics {
  readonly #registry: Registry;
  readonly #parts: () => Parts;
  readonly #calls: CallMetrics;
  readonly #requests: Counter<"route" | "status">;

  constructor({ parts, board, version, process }: MetricsOptions) {
    const own = new Registry();
    this.#parts = parts;
    addPartMetrics(own, parts, board, version);
    this.#calls = new CallMetrics(own, board);
    this.#requests = new Counter({
      name: "einwahl_http_requests_total",
      help: "Answered HTTP requests, by route and class of status.",
      labelNames: ["route", "status"],
      registers: [own],
    });
    this.#registry = process === undefined ? own : Registry.merge([own, process]);
  }

  get watcher(): CallWatcher {
    return this.#calls;
  }

  /** @param route the path of a route of this program, or a word for everything else */
  requestAnswered(route: string, status: number): void {
    this.#requests.inc({ route, status: `${Math.floor(status / 100)}xx` });
  }

  /** In Prometheus' text format. */
  async text(): Promise<string> {
    this.#calls.expectTrunks(this.#parts().lines.map(({ name }) => name));
    return await this.#registry.metrics();
  }
}
