import type { Media, Way } from "./options.js";
import { type Percentiles, type Spread, spreadOf } from "./percentiles.js";
import type { Results, Stage } from "./result.js";
import { mapParts, type Part, partNames } from "./subject.js";

/** The same measurement of all runs. */
export interface Summary {
  readonly kind: Stage["kind"];
  readonly media: Media;
  readonly way: Way;
  readonly load: number;
  readonly runs: number;
  readonly calls: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly cpu: Readonly<Partial<Record<Part, Spread>>>;
  readonly residentKb: Readonly<Partial<Record<Part, Spread>>>;
  /** Medians of the runs. */
  readonly inviteToAnswer: Percentiles | undefined;
  readonly digitToConference: Percentiles | undefined;
  /** p99 and the longest of all runs, milliseconds. */
  readonly eventLoop: { readonly p99: number; readonly max: number } | undefined;
  readonly machineBusyPercent: Spread;
}

/** In the order of the measurements. */
export function summarise(stages: readonly Stage[]): readonly Summary[] {
  const groups = new Map<string, Stage[]>();
  for (const stage of stages) {
    const key = [stage.media, stage.kind, stage.load, stage.way].join();
    groups.set(key, [...(groups.get(key) ?? []), stage]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [summaryOf(first, group)];
  });
}

function summaryOf({ kind, media, way, load }: Stage, group: readonly Stage[]): Summary {
  const failures: Record<string, number> = {};
  for (const stage of group)
    for (const [reason, count] of Object.entries(stage.failures)) failures[reason] = (failures[reason] ?? 0) + count;
  const loops = group.flatMap(({ eventLoop }) => eventLoop ?? []);
  return {
    kind,
    media,
    way,
    load,
    runs: group.length,
    calls: group.reduce((sum, { calls }) => sum + calls, 0),
    failures,
    cpu: spreads(group.map(({ cpu }) => cpu)),
    residentKb: spreads(group.map(({ residentKb }) => residentKb)),
    inviteToAnswer: medians(group.flatMap(({ inviteToAnswer }) => inviteToAnswer ?? [])),
    digitToConference: medians(group.flatMap(({ digitToConference }) => digitToConference ?? [])),
    eventLoop:
      loops.length === 0
        ? undefined
        : { p99: Math.max(...loops.map(({ p99 }) => p99)), max: Math.max(...loops.map(({ max }) => max)) },
    machineBusyPercent: need(spreadOf(group.map(({ machineBusyPercent }) => machineBusyPercent))),
  };
}

type PerPart<Value> = Readonly<Partial<Record<Part, Value>>>;

function spreads(all: readonly PerPart<number>[]): PerPart<Spread> {
  const values: Partial<Record<Part, number[]>> = {};
  for (const each of all)
    for (const part of partNames) {
      const value = each[part];
      if (value !== undefined) values[part] = [...(values[part] ?? []), value];
    }
  return mapParts(values, (found) => need(spreadOf(found)));
}

function medians(all: readonly Percentiles[]): Percentiles | undefined {
  const at = (name: keyof Percentiles): number | undefined => spreadOf(all.map((each) => each[name]))?.median;
  const [p50, p95, p99] = [at("p50"), at("p95"), at("p99")];
  return p50 === undefined || p95 === undefined || p99 === undefined ? undefined : { p50, p95, p99 };
}

function need(spread: Spread | undefined): Spread {
  if (spread === undefined) throw new Error("a group has at least one value");
  return spread;
}

/** Resident memory that each further held call takes, kB: of each run between the fewest and the most held calls. */
export function memoryPerCall({ stages }: Pick<Results, "stages">, media: Media, way: Way): PerPart<Spread> {
  const runs = new Map<number, Stage[]>();
  for (const stage of stages)
    if (stage.kind === "held" && stage.media === media && stage.way === way)
      runs.set(stage.run, [...(runs.get(stage.run) ?? []), stage]);
  const slopes = [...runs.values()].flatMap((held) => {
    const sorted = [...held].sort((left, right) => left.load - right.load);
    const [few, many] = [sorted[0], sorted.at(-1)];
    if (few === undefined || many === undefined || many.load === few.load) return [];
    const calls = many.load - few.load;
    return [mapParts(many.residentKb, (kb, part) => (kb - (few.residentKb[part] ?? 0)) / calls)];
  });
  return spreads(slopes);
}
