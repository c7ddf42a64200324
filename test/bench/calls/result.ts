import type { Media, Way } from "./options.js";
import type { Percentiles } from "./percentiles.js";
import type { EventLoopDelay, Part } from "./subject.js";

export type PerPart = Readonly<Partial<Record<Part, number>>>;

/** One measurement. */
export interface Stage {
  readonly kind: "setup" | "held";
  readonly way: Way;
  readonly media: Media;
  /** From 1. */
  readonly run: number;
  /** setup: new calls a second; held: calls at a time. */
  readonly load: number;
  readonly calls: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly seconds: number;
  /** setup: CPU of a call, milliseconds; held: CPU of a call, % of a core. Idle CPU is subtracted. */
  readonly cpu: PerPart;
  /** Resident memory at the end of the measurement, kB. */
  readonly residentKb: PerPart;
  /** Milliseconds. */
  readonly inviteToAnswer: Percentiles | undefined;
  /** Milliseconds. */
  readonly digitToConference: Percentiles | undefined;
  readonly eventLoop: EventLoopDelay | undefined;
  /** Of all cores of the machine, callers and node included. */
  readonly machineBusyPercent: number;
}

/** CPU without calls, % of a core. */
export interface Idle {
  readonly way: Way;
  readonly media: Media;
  readonly run: number;
  readonly cpu: PerPart;
  readonly residentKb: PerPart;
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly kernel: string;
  readonly node: string;
  /** SHA-256 on one core before each run: only results of machines that are equally fast can be compared. */
  readonly sha256MbPerSecond: readonly number[];
}

export interface Results {
  readonly date: string;
  readonly machine: Machine;
  readonly seconds: number;
  readonly idle: readonly Idle[];
  readonly stages: readonly Stage[];
}
