import { probeStages } from "../probe-stage.js";

/** The steps of a synthetic call, of which the first that went wrong is named: at first its conference is opened. */
export const syntheticStages = ["conference", ...probeStages] as const;

export type SyntheticStage = (typeof syntheticStages)[number];

/** What one synthetic call came to. Durations are milliseconds; `undefined`: it did not get there. */
export interface SyntheticResult {
  readonly failure: SyntheticFailure | undefined;
  /** From dialling until both telephones were answered. */
  readonly answeredMs: number | undefined;
  /** From dialling until each of them has heard the other in the conference. */
  readonly heardMs: number | undefined;
  /** With opening and ending the conference. */
  readonly totalMs: number;
}

export interface SyntheticFailure {
  readonly stage: SyntheticStage;
  /** One sentence; tells neither a number nor a PIN. */
  readonly why: string;
}

/** The synthetic calls to one BBB server since the start. */
export interface SyntheticRecord {
  readonly server: string;
  readonly ok: number;
  readonly failed: ReadonlyMap<SyntheticStage, number>;
  /** The last one that came to an end; `at` in milliseconds since 1970. */
  readonly last: (SyntheticResult & { readonly at: number }) | undefined;
}
