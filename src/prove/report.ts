import type { Evidence } from "./calls/encryption.js";
import type { Level } from "./levels.js";
import type { PlaceId } from "./place.js";
import type { Hit } from "./search.js";

/** `found`: a mark is where it must not be, or a leg is not encrypted; `incomplete`: a place could not be searched. */
export type ProveVerdict = "clean" | "found" | "incomplete";

export interface CallRecord {
  readonly title: string;
  readonly ok: boolean;
  readonly what: string;
}

/** `found`: the planted mark was found; `masked`: its line has arrived, without its digits; `missing`: it was not found. */
export interface PlantRecord {
  readonly how: string;
  readonly outcome: "found" | "masked" | "missing" | "not-planted";
  /** Why planting failed, or "". */
  readonly why: string;
  /** Whether it is gone again: `stays` in what nothing is taken out of; `nothing-there`: the place itself never had it. */
  readonly removed: "removed" | "ends-later" | "stays" | "still-there" | "nothing-there";
}

export interface PlaceRecord {
  readonly id: PlaceId;
  readonly name: string;
  /** Number of searches and total data read. */
  readonly looks: number;
  readonly pieces: number;
  readonly bytes: number;
  readonly plants: readonly PlantRecord[];
  readonly hits: readonly (Hit & { readonly stage: string })[];
  /** Permitted marks, with reasons. */
  readonly permitted: readonly string[];
  readonly unseen: readonly string[];
}

export interface ProveReport {
  readonly verdict: ProveVerdict;
  readonly levels: readonly Level[];
  readonly calls: readonly CallRecord[];
  readonly evidence: readonly Evidence[];
  readonly places: readonly PlaceRecord[];
  /** Places left out by the operator. */
  readonly leftOut: readonly string[];
  /** Deviations from the plan, in sentences. */
  readonly faults: readonly string[];
  readonly marks: { readonly number: number; readonly pin: number; readonly name: number };
  readonly forms: readonly string[];
  /** Places that no command can search. */
  readonly outOfReach: readonly string[];
  readonly totalMs: number;
}

/** The most severe outcome: `found` takes precedence over `incomplete`. */
export function verdictOf({
  places,
  evidence,
  calls,
  faults,
}: Pick<ProveReport, "places" | "evidence" | "calls" | "faults">): ProveVerdict {
  if (places.some(({ hits }) => hits.length > 0) || evidence.some(({ ok }) => !ok)) return "found";
  const isComplete =
    faults.length === 0 &&
    calls.every(({ ok }) => ok) &&
    places.every(isWhole) &&
    (["caller", "bbb"] as const).every((leg) => evidence.some((each) => each.leg === leg));
  return isComplete ? "clean" : "incomplete";
}

/** Whether a place was searched and its planted marks were found. */
export function isWhole({ looks, unseen, plants }: Pick<PlaceRecord, "looks" | "unseen" | "plants">): boolean {
  return (
    looks > 0 &&
    unseen.length === 0 &&
    plants.every(({ outcome, removed }) => (outcome === "found" || outcome === "masked") && removed !== "still-there")
  );
}

export const outOfReach = [
  "memory of processes, swap and core dumps",
  "logs of the BBB servers, and what the telephone provider keeps",
  "copies of logs on other systems",
  "the loopback between drachtio, einwahl and FreeSWITCH, where SIP and the event socket are unencrypted",
] as const;
