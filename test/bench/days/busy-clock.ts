import process from "node:process";
import { setImmediate } from "node:timers/promises";

import { FakeClock } from "../../support/fake-clock.js";

/** What the event loop has done since the start. All in milliseconds. */
export interface LoopLoad {
  /** Simulated time. */
  readonly ms: number;
  /** The part of it in which the loop had work. */
  readonly busyMs: number;
  /** The longest time without a turn for sockets. */
  readonly longestMs: number;
  /** The largest delay of a timer. */
  readonly latestMs: number;
  /** Delays of all timers, for percentiles. */
  readonly delays: readonly number[];
}

/**
 * Simulated time in which work takes the CPU time that it takes here, and idle time is skipped: an hour with a minute of
 * work takes a minute. Engines and networks are timers, so that only einwahl's own work takes time. CPU time instead of
 * real time: other processes of the machine don't count.
 */
export class BusyClock extends FakeClock {
  readonly #begun = cpuMs();
  #skippedMs = 0;
  #load = { at: 0, busyMs: 0, longestMs: 0, latestMs: 0, delays: [] as number[] };
  /** Work that goes on in turns of the real event loop, e.g. the parsing of a response. */
  #working = 0;

  override now(): number {
    return cpuMs() - this.#begun + this.#skippedMs;
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
    const before = cpuMs();
    const value = work();
    this.#skippedMs -= cpuMs() - before;
    return value;
  }

  /** Runs for this time, at most; ends before if no timer and no work is left. */
  override async advance(ms: number): Promise<void> {
    const end = this.now() + ms;
    while (this.now() < end) {
      const turn = cpuMs();
      for (let timer = this.timers.take(this.now()); timer !== undefined; timer = this.timers.take(this.now())) {
        this.#note(this.now() - timer.due);
        timer.callback();
        await Promise.resolve();
      }
      await setImmediate();
      const tookMs = cpuMs() - turn;
      this.#load.busyMs += tookMs;
      this.#load.longestMs = Math.max(this.#load.longestMs, tookMs);
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
    const now = this.now();
    this.#load = { at: now, busyMs: 0, longestMs: 0, latestMs: 0, delays: [] };
    return { ...load, ms: now - at };
  }

  #note(delayMs: number): void {
    this.#load.latestMs = Math.max(this.#load.latestMs, delayMs);
    this.#load.delays.push(delayMs);
  }
}

/** With the garbage collector's threads. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
