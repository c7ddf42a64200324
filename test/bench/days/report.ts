import type { LoopLoad } from "./busy-clock.js";
import type { LookupResult } from "./lookups.js";
import type { DayResult, JoinTimes } from "./starts.js";

export interface DaysReport {
  readonly node: string;
  readonly days: readonly DayResult[];
  readonly lookups: readonly LookupResult[];
  /** Milliseconds of CPU for one look-up of a running meeting in memory, on the largest cluster. */
  readonly memoryLookupMs: number;
}

/** The same as JSON, without the single values. */
export function jsonOf({ days, lookups, ...rest }: DaysReport): string {
  return JSON.stringify(
    {
      ...rest,
      days: days.map(({ parts, joins, ...day }) => ({
        ...day,
        parts: parts.map(({ load, ...part }) => ({ ...part, ...loadOf(load) })),
        joins: { webhook: sharesOf(joins.webhook), poll: sharesOf(joins.poll) },
      })),
      lookups: lookups.map(({ tookMs, ...each }) => ({ ...each, p50: at(tookMs, 0.5), p99: at(tookMs, 0.99) })),
    },
    undefined,
    2,
  );
}

export function markdownOf({ node, days, lookups, memoryLookupMs }: DaysReport): string {
  return [
    `Node ${node}, a machine that does nothing else. CPU time with the garbage collector's threads.`,
    ...days.map(dayText),
    "| a reserved PIN is looked up | CPU, ms | a core holds, per second | p50, ms | p99, ms |",
    "|---|---|---|---|---|",
    ...lookups.map(
      ({ name, cpuMs, tookMs }) =>
        `| ${name} | ${cpuMs.toFixed(3)} | ${count(1_000 / cpuMs)} | ${at(tookMs, 0.5).toFixed(2)} | ${at(tookMs, 0.99).toFixed(2)} |`,
    ),
    `| a running meeting, from memory | ${memoryLookupMs.toFixed(4)} | ${count(1_000 / memoryLookupMs)} | | |`,
    "",
  ].join("\n");
}

function dayText({ size, roundBytes, parts, waiting, joined, ended, joins }: DayResult): string {
  return [
    "",
    `### ${count(size.meetings)} meetings on ${size.servers} servers, ${count(size.callers)} callers for ${size.starts} starts`,
    "",
    `One poll of all servers: ${(roundBytes / 1e6).toFixed(0)} MB (${size.attendees} attendees a meeting), every ${size.pollEveryMs / 1_000} s. ${count(waiting)} callers waited, ${count(joined)} joined; ended otherwise: ${JSON.stringify(ended)}.`,
    "",
    "| part of the day | simulated s | event loop busy | CPU s a minute | blocks over 50 ms | longest block, ms (timers in it) | timer delay p99, ms | polls | heap, MB |",
    "|---|---|---|---|---|---|---|---|---|",
    ...parts.map(({ name, load, polls, heapBytes }) => {
      const { seconds, busy, cpuSecondsPerMinute, blocks, longestMs, longestTimers, delayP99 } = loadOf(load);
      return `| ${name} | ${seconds.toFixed(0)} | ${(100 * busy).toFixed(0)} % | ${cpuSecondsPerMinute.toFixed(1)} | ${blocks} | ${longestMs.toFixed(0)} (${longestTimers}) | ${delayP99.toFixed(1)} | ${count(polls)} | ${(heapBytes / 1e6).toFixed(0)} |`;
    }),
    "",
    "| from the start of a conference to | p50, ms | p99, ms | longest, ms |",
    "|---|---|---|---|",
    ...(["webhook", "poll"] as const).flatMap((news) => [
      joinText(`the first join begun, told by ${news}`, joins[news].first),
      joinText(`the last join begun, told by ${news}`, joins[news].last),
    ]),
    "",
  ].join("\n");
}

function joinText(name: string, times: readonly number[]): string {
  return `| ${name} | ${at(times, 0.5).toFixed(0)} | ${at(times, 0.99).toFixed(0)} | ${at(times, 1).toFixed(0)} |`;
}

function loadOf({ ms, busyMs, cpuMs, delays, ...load }: LoopLoad): Omit<
  LoopLoad,
  "ms" | "busyMs" | "cpuMs" | "delays"
> & {
  readonly seconds: number;
  readonly busy: number;
  readonly cpuSecondsPerMinute: number;
  readonly delayP99: number;
} {
  const sorted = [...delays].sort((left, right) => left - right);
  return {
    ...load,
    seconds: ms / 1_000,
    busy: busyMs / ms,
    cpuSecondsPerMinute: (60 * cpuMs) / ms,
    delayP99: at(sorted, 0.99),
  };
}

function sharesOf({ first, last }: JoinTimes): unknown {
  const shares = (times: readonly number[]): unknown => ({
    p50: at(times, 0.5),
    p99: at(times, 0.99),
    longest: at(times, 1),
  });
  return { first: shares(first), last: shares(last) };
}

/** The value at this share of the ascending values. */
function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function count(value: number): string {
  return Math.round(value).toLocaleString("en");
}
