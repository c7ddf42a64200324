import type { SyntheticCallConfig } from "../../config/synthetic-config.js";
import type { Clock } from "../../util/clock.js";
import { Latch } from "../../util/latch.js";
import type { SyntheticRecord, SyntheticResult, SyntheticStage } from "./synthetic-result.js";

export interface SyntheticCallsOptions {
  /** As it is now; `undefined`: there are none. */
  readonly settings: () => SyntheticCallConfig | undefined;
  /** Calls into a conference on this server. */
  readonly place: (server: string, stop: Latch<true>) => Promise<SyntheticResult>;
  /** Whether there is room for it beside the calls of people. */
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

/** The first one is not long after the start: somebody may be waiting for what it shows. */
const firstAfterMs = 10_000;

/** Calls one BBB server after the other, one at a time, on a schedule. */
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

  /** The servers that are called, with what that came to; `undefined`: none are. */
  get records(): readonly SyntheticRecord[] | undefined {
    return this.#options.settings()?.servers.map((server) => {
      const { ok, failed, last } = this.#countOf(server);
      return { server, ok, failed: new Map(failed), last };
    });
  }

  /** Sets out on the schedule, or on the one of a new configuration. */
  start(): void {
    this.#arm(firstAfterMs);
  }

  /** Breaks off the one that goes on; settles when nothing of it is left. */
  async close(): Promise<void> {
    this.#stop.set(true);
    this.#callOff();
    await this.#running;
  }

  /** @param afterMs without the jitter */
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
    // One that goes on, from before a new configuration, sets the next one out when it is over.
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
    // What was broken off shows nothing.
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
