import { appendFile } from "node:fs/promises";

import type { EndSignal } from "../parts/part.js";
import type { CallStage } from "./stages.js";

/** Milliseconds since the part failed. */
export type After = number;

/** What one caller went through when a part failed. */
export interface Cell {
  readonly part: string;
  readonly signal: EndSignal;
  readonly engines: "embedded" | "real";
  readonly stage: CallStage;
  /** From the end of the part until it was ready again. */
  readonly downMs: number;
  /** `refused`: the call was never answered. */
  readonly call: "up" | "ended" | "refused";
  readonly endedAfter?: After;
  readonly endReason?: string;
  /** The longest silence at the caller's end that begins or lasts after the failure. */
  readonly silenceMs: number;
  /** The longest one that began before the caller was asked for keys again; after that silence is usual. */
  readonly firstSilenceMs: number;
  readonly gapMs: number;
  /** The longest silence of the caller in the conference; only for a caller who talked. */
  readonly conferenceSilenceMs?: number;
  readonly prompts: readonly { readonly name: string; readonly after: After }[];
  readonly conference: readonly { readonly kind: "joined" | "left"; readonly server: string; readonly after: After }[];
  /** What the caller could do afterwards; a failure starts with `not:`. */
  readonly afterwards: string;
}

/** What was left of all calls of one failure. */
export interface Aftermath {
  readonly part: string;
  readonly signal: EndSignal;
  readonly engines: "embedded" | "real";
  /** When the next caller heard the greeting; `undefined`: never. */
  readonly nextCallAfter: After | undefined;
  readonly left: Readonly<Record<string, string>>;
}

/** Appends a line to the file in EINWAHL_TEST_MATRIX, from which the table in docs/reliability.md is made. */
export async function record(line: Cell | Aftermath): Promise<void> {
  const file = process.env["EINWAHL_TEST_MATRIX"] ?? "";
  if (file !== "") await appendFile(file, `${JSON.stringify(line)}\n`);
}
