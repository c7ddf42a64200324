import { monitorEventLoopDelay } from "node:perf_hooks";

/** Interval of Node's measuring timer, in milliseconds; its histogram includes it. */
const resolution = 10;
const nanosecondsPerMs = 1_000_000;

/** The mean delay of timers since the last call of the returned function, in milliseconds. Call once per process. */
export function eventLoopDelay(): () => number {
  const histogram = monitorEventLoopDelay({ resolution });
  histogram.enable();
  return () => {
    const mean = histogram.count === 0 ? 0 : histogram.mean / nanosecondsPerMs - resolution;
    histogram.reset();
    return Math.max(0, mean);
  };
}
