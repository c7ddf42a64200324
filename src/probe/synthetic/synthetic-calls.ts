import type { SyntheticCallConfig } from "../../config/config.js";
import type { Clock } from "../../util/clock.js";
import { Latch } from "../../util/latch.js";
import type { SyntheticRecord, SyntheticResult, SyntheticStage } from "./synthetic-result.js";

export interface SyntheticCallsOptions {
  /** The current configuration; `undefined`: disabled. */
  readonly settings: () => SyntheticCallConfig | undefined;
  /** Runs a synthetic call on this server. */
  readonly place: (server: string, stop: Latch<true>) => Promise<SyntheticResult>;
  /** Whether the call limit leaves capacity for a synthetic call. */
  readonly mayCall: () => boolean;
  readonly onResult: (server: string, result: SyntheticResult) => void;
  readonly onBug: (error: unknown) => void;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly today: () => number;
  /** From 0 to less than 1. */
  readonly random: () => number;
}

interface Count {
  ok: number;
  readonly failed: Map<SyntheticStage, number>;
  last: SyntheticRecord["last"];
}

/** The first call follows soon after the start, so that its result is available early. */
const firstAfterMs = 10_000;

/** Schedules synthetic calls: one at a time, BBB servers in turn. */
export class SyntheticCalls {
  readonly #options: SyntheticCallsOptions;
  readonly #counts = new Map<string, Count>();
  readonly #stop = new Latch<true>();
  #callOff: () => void = () => undefined;
  #running: Promise<void> | undefined;
  #turn = 0;

  constructor(options: SyntheticCallsOptions) {
    this.#options = options;
  }

  /** The called servers with their results; `undefined`: disabled. */
  get records(): readonly SyntheticRecord[] | undefined {
    return this.#options.settings()?.servers.map((server) => {
      const { ok, failed, last } = this.#countOf(server);
      return { server, ok, failed: new Map(failed), last };
    });
  }

  /** Starts the schedule, or restarts it after a new configuration. */
  start(): void {
    this.#arm(firstAfterMs);
  }

  /** Aborts the current call; resolves after its resources are released. */
  async close(): Promise<void> {
    this.#stop.set(true);
    this.#callOff();
    await this.#running;
  }

  /** @param afterMs excluding jitter */
  #arm(afterMs: number): void {
    this.#callOff();
    const settings = this.#options.settings();
    if (settings === undefined || this.#stop.isSet) return;
    const jitterMs = this.#options.random() * settings.jitterMs;
    this.#callOff = this.#options.clock.after(afterMs + jitterMs, () => {
      this.#begin();
    });
  }

  #begin(): void {
    // A call that started before a new configuration schedules the next one when it ends.
    if (this.#running !== undefined) return;
    const begun = this.#options.clock.now();
    this.#running = this.#callNext()
      .catch(this.#options.onBug)
      .finally(() => {
        this.#running = undefined;
        const { intervalMs = 0 } = this.#options.settings() ?? {};
        this.#arm(Math.max(0, begun + intervalMs - this.#options.clock.now()));
      });
  }

  async #callNext(): Promise<void> {
    const { settings, mayCall, place, onResult, today } = this.#options;
    const servers = settings()?.servers ?? [];
    const server = servers[this.#turn % servers.length];
    if (server === undefined || !mayCall()) return;
    this.#turn += 1;
    const result = await place(server, this.#stop);
    // An aborted call has no result.
    if (this.#stop.isSet) return;
    const count = this.#countOf(server);
    count.last = { ...result, at: today() };
    if (result.failure === undefined) count.ok += 1;
    else count.failed.set(result.failure.stage, (count.failed.get(result.failure.stage) ?? 0) + 1);
    onResult(server, result);
  }

  #countOf(server: string): Count {
    const known = this.#counts.get(server);
    if (known !== undefined) return known;
    const count: Count = { ok: 0, failed: new Map(), last: undefined };
    this.#counts.set(server, count);
    return count;
  }
}
