import { percentile } from "../calls/percentiles.js";
import type { FloodCall } from "./flood.js";
import type { Second } from "./timeline.js";

export interface Plan {
  readonly calls: number;
  /** New calls a second. */
  readonly rate: number;
  readonly seconds: number;
  readonly talkSeconds: number;
}

/** A call whose answer is timed by this process. */
export interface Attempt {
  readonly status: number;
  readonly ms: number;
  readonly retryAfter: boolean;
}

export interface Audio {
  readonly sent: number;
  readonly lost: number;
  readonly longestGapMs: number;
}

export interface Outcome {
  readonly date: string;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly kernel: string;
    readonly node: string;
  };
  readonly plan: Plan;
  readonly flood: readonly FloodCall[];
  readonly attempts: readonly Attempt[];
  readonly recoveryMs: number | undefined;
  /** Steady calls that have ended. */
  readonly steadyEnded: number;
  /** From the flood's begin on, UDP packets of all programs that did not fit into their receiver's buffer. */
  readonly kernelDrops: number;
  readonly audio: Readonly<Record<"before" | "flood" | "after", Audio>>;
  readonly seconds: readonly Second[];
}

/** The outcome as Markdown. */
export function report(outcome: Outcome): string {
  const { machine, plan, flood, attempts, audio } = outcome;
  const refusals = attempts.filter(({ status }) => status === 503);
  const answers = attempts.filter(({ status }) => status === 200);
  const others = attempts.length - refusals.length - answers.length;
  const answered = flood.filter((call) => call.answered !== undefined).length;
  const refused = flood.filter((call) => call.refused !== undefined).length;
  const lost = ({ sent, lost: missing, longestGapMs }: Audio): string =>
    `${missing} of ${sent} packets; longest gap ${ms(longestGapMs)}`;
  const idle = outcome.seconds.flatMap(({ at, idleCpu }) =>
    at > 0 && at <= plan.seconds && idleCpu !== undefined ? [idleCpu] : [],
  );
  const rows: readonly (readonly [string, string])[] = [
    ["calls that were up, and have ended", `${plan.calls}, ${outcome.steadyEnded}`],
    ["their audio before the flood: lost", lost(audio.before)],
    ["their audio during the flood: lost", lost(audio.flood)],
    ["their audio after the flood: lost", lost(audio.after)],
    ["UDP packets that did not fit into a receiver's buffer, from the flood on", String(outcome.kernelDrops)],
    [`flood: ${plan.rate} calls/s for ${plan.seconds} s, sent`, String(flood.length)],
    ["answered (per second)", `${answered} (${(answered / plan.seconds).toFixed(1)})`],
    ["refused with 503", String(refused)],
    ["neither", String(flood.length - answered - refused)],
    [
      "refused without Retry-After",
      String(flood.filter((call) => call.refused !== undefined && call.retryAfter === undefined).length),
    ],
    [`timed calls: ${attempts.length}, refused`, `${refusals.length}; others than 200 and 503: ${others}`],
    ["time to a refusal, p50, p99, max", spread(refusals)],
    ["time to an answer, p50, p99, max", spread(answers)],
    ["idle CPU in the flood, least and median", `${at(idle, 0)} %, ${at(idle, 0.5)} %`],
    [
      "from the flood's end to the next answered call",
      outcome.recoveryMs === undefined ? "never" : ms(outcome.recoveryMs),
    ],
  ];
  return [
    `${outcome.date}; ${machine.cores} cores of ${machine.cpu}, Linux ${machine.kernel}, Node ${machine.node}.`,
    "FreeSWITCH has its priority as delivered (realtime). sipp makes the flood at nice 19 on the same machine: it gets the",
    "CPU that the engines and einwahl leave, but counts as busy.",
    "The calls that are up, and the timed ones, are made at nice -15 by the process that measures.",
    "",
    "| | |",
    "|---|---|",
    ...rows.map(([what, value]) => `| ${what} | ${value} |`),
    "",
  ].join("\n");
}

function spread(attempts: readonly Attempt[]): string {
  const values = attempts.map((attempt) => attempt.ms);
  return values.length === 0 ? "-" : [0.5, 0.99, 1].map((share) => ms(percentile(values, share) ?? 0)).join(", ");
}

function at(values: readonly number[], share: number): string {
  const value = percentile(values, share);
  return value === undefined ? "-" : value.toFixed(0);
}

function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
}
