import { performance } from "node:perf_hooks";
import process from "node:process";
import { setImmediate } from "node:timers/promises";

import { FakeClock } from "../../support/fake-clock.js";

/** What the event loop has done since the start. All in milliseconds. */
export interface LoopLoad {
  /** Simulated time. */
  readonly ms: number;
  /** The part of it in which the loop had work. */
  readonly busyMs: number;
  /** CPU time, with the garbage collector's threads. */
  readonly cpuMs: number;
  /** The longest time without a turn for sockets, and how many timers ran in it. */
  readonly longestMs: number;
  readonly longestTimers: number;
  /** Times of more than 50 ms without a turn for sockets. */
  readonly blocks: number;
  /** Delays of all timers, for percentiles. */
  readonly delays: readonly number[];
}

/**
 * Simulated time in which work takes as long as it takes here, and idle time is skipped: an hour with a minute of
 * work takes a minute. Engines and networks are timers, so that only einwahl's own work takes time. The machine must
 * do nothing else meanwhile.
 */
export class BusyClock extends FakeClock {
  readonly #begun = performance.now();
  #skippedMs = 0;
  #load = emptyLoad(0);
  #cpuAt = cpuMs();
  /** Work that goes on in turns of the real event loop, e.g. the parsing of a response. */
  #working = 0;

  override now(): number {
    return performance.now() - this.#begun + this.#skippedMs;
  }

  /** Keeps time from being skipped until the work is done. */
  async working<Value>(work: () => Promise<Value>): Promise<Value> {
    this.#working += 1;
    try {
      return await work();
    } finally {
      this.#working -= 1;
    }
  }

  /** Runs what does not belong to einwahl: it takes no time. */
  outside<Value>(work: () => Value): Value {
    const [before, cpuBefore] = [performance.now(), cpuMs()];
    const value = work();
    this.#skippedMs -= performance.now() - before;
    this.#cpuAt += cpuMs() - cpuBefore;
    return value;
  }

  /** Runs for this time, at most; ends before if no timer and no work is left. */
  override async advance(ms: number): Promise<void> {
    const end = this.now() + ms;
    while (this.now() < end) {
      const turn = this.now();
      let timers = 0;
      for (let timer = this.timers.take(this.now()); timer !== undefined; timer = this.timers.take(this.now())) {
        this.#load.delays.push(this.now() - timer.due);
        timers += 1;
        timer.callback();
        await Promise.resolve();
      }
      await setImmediate();
      this.#note(this.now() - turn, timers);
      if (this.#working > 0) continue;
      const { nextDue } = this.timers;
      if (nextDue === undefined) return;
      this.moveTo(Math.min(nextDue, end));
    }
  }

  protected override moveTo(due: number): void {
    this.#skippedMs += Math.max(0, due - this.now());
  }

  /** The load since the last call. */
  takeLoad(): LoopLoad {
    const { at, ...load } = this.#load;
    const [now, cpu] = [this.now(), cpuMs()];
    const taken = { ...load, ms: now - at, cpuMs: cpu - this.#cpuAt };
    this.#load = emptyLoad(now);
    this.#cpuAt = cpu;
    return taken;
  }

  #note(tookMs: number, timers: number): void {
    const load = this.#load;
    load.busyMs += tookMs;
    if (tookMs > blockMs) load.blocks += 1;
    if (tookMs <= load.longestMs) return;
    load.longestMs = tookMs;
    load.longestTimers = timers;
  }
}

const blockMs = 50;

interface Load {
  readonly at: number;
  busyMs: number;
  longestMs: number;
  longestTimers: number;
  blocks: number;
  readonly delays: number[];
}

function emptyLoad(at: number): Load {
  return { at, busyMs: 0, longestMs: 0, longestTimers: 0, blocks: 0, delays: [] };
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
