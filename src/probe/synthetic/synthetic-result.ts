import { probeStages } from "../probe-stage.js";

/** The steps of a synthetic call, starting with the creation of the conference; a failure contains the first that failed. */
export const syntheticStages = ["conference", ...probeStages] as const;

export type SyntheticStage = (typeof syntheticStages)[number];

/** The result of a synthetic call. Durations are in milliseconds; `undefined`: step not reached. */
export interface SyntheticResult {
  readonly failure: SyntheticFailure | undefined;
  /** From dialling until both phones were answered. */
  readonly answeredMs: number | undefined;
  /** From dialling until each phone has heard the other in the conference. */
  readonly heardMs: number | undefined;
  /** Including creation and end of the conference. */
  readonly totalMs: number;
}

export interface SyntheticFailure {
  readonly stage: SyntheticStage;
  /** One sentence, without numbers or PINs. */
  readonly why: string;
}

/** The synthetic calls to one BBB server since the start. */
export interface SyntheticRecord {
  readonly server: string;
  readonly ok: number;
  readonly failed: ReadonlyMap<SyntheticStage, number>;
  /** The last completed call; `at` in milliseconds since 1970. */
  readonly last: (SyntheticResult & { readonly at: number }) | undefined;
}
