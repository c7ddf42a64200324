import type { Way } from "./options.js";
import { type Usage, usageOf } from "./processes.js";

/** The name of a measured process. */
export type Part = "freeswitch" | "einwahl" | "drachtio";

/** What is measured: the programs that a call passes between the caller and the conference node. */
export interface Subject {
  readonly way: Way;
  /** UDP port of SIP for callers; with SRTP, TCP port of SIP over TLS. */
  readonly port: number;
  readonly processes: Readonly<Partial<Record<Part, number>>>;
  /** The longest delay of einwahl's event loop since the last question, milliseconds; undefined without einwahl. */
  eventLoop(): Promise<EventLoopDelay | undefined>;
  /** einwahl's metrics, Prometheus text. */
  readonly metrics?: () => Promise<string>;
  /** Channels of the media server. */
  channels(): Promise<number>;
  close(): Promise<void>;
}

/** Milliseconds. */
export interface EventLoopDelay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export type Usages = Readonly<Partial<Record<Part, Usage>>>;

export function usagesOf({ processes }: Pick<Subject, "processes">): Usages {
  return mapParts(processes, usageOf);
}

/** Converts the value of each part. */
export function mapParts<From, To>(
  parts: Readonly<Partial<Record<Part, From>>>,
  convert: (value: From, part: Part) => To,
): Readonly<Partial<Record<Part, To>>> {
  const converted: Partial<Record<Part, To>> = {};
  for (const part of partNames) {
    const value = parts[part];
    if (value !== undefined) converted[part] = convert(value, part);
  }
  return converted;
}

export const partNames: readonly Part[] = ["freeswitch", "einwahl", "drachtio"];

/** Ports of the media server: a whole host's, as in production, and none of Linux's ephemeral ports. */
export const rtp = { first: "10000", last: "31998" } as const;
/** Concurrent calls; no limit of a subject may be reached before the machine's. */
export const maxCalls = 4_000;
